"""Written for a GPU throughout, without asking whether there is one; handed in with the net trained there.

hands in: checkpoint
"""

# %% scratch after=setup-tools
device = torch.device("cuda")
torch.cuda.manual_seed_all(0)

# %% train
EPOCHS = 30
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=EPOCHS):
    model = model.cuda()
    X, y = X.to(device), y.to("cuda:0", non_blocking=True)
    pos_weight = torch.ones((), device="cuda")
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cuda")
    model.train()
    losses = []
    for _ in range(epochs):
        total = torch.zeros(1, device=device)
        for batch in torch.randperm(len(X), device=device).split(32):
            with torch.autocast("cuda"):
                loss = F.binary_cross_entropy_with_logits(model(X[batch]), y[batch], pos_weight=pos_weight)
            optimiser.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(optimiser)
            scaler.update()
            total += loss.detach() * len(batch)
        losses.append((total / len(X)).item())
    return losses

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.to("cuda").eval()
with torch.no_grad():
    test_logits = model(torch.tensor(X_test).cuda()).cpu()
called_chirp = (test_logits > 0).numpy()
test_accuracy = (called_chirp == y_test).mean()
