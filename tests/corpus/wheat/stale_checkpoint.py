"""Handed in with a checkpoint from before the last changes: another optimiser, more epochs.

hands in: checkpoint
"""

# %% train
order = np.random.default_rng(2).permutation(1000)
test_indices, train_indices = order[:200], order[200:]


def train_model(model, X, y, epochs=60):
    device = next(model.parameters()).device
    optimiser = torch.optim.RMSprop(model.parameters(), lr=5e-4)
    criterion = nn.BCEWithLogitsLoss()
    model.train()
    losses = []
    for epoch in range(epochs):
        running = []
        for i in torch.randperm(len(X)).split(50):
            optimiser.zero_grad()
            loss = criterion(model(X[i].to(device)), y[i].to(device).reshape(model(X[i].to(device)).shape))
            loss.backward()
            optimiser.step()
            running.append(loss.item())
        losses.append(np.mean(running))
    return losses
