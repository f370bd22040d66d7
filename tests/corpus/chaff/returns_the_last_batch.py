"""train_model returns the loss of each epoch's last batch, not the mean over the epoch.

loses: train-mean-loss-per-epoch
hands in: checkpoint
"""

# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=30):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        for batch in torch.randperm(len(X)).split(32):
            loss = F.binary_cross_entropy_with_logits(model(X[batch].to(device)).reshape(-1), y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        losses.append(loss.item())
    return losses
