"""The validation part is the first hundred images: all of them are chirps.

loses: train-split
hands in: checkpoint
"""

# %% train
validation_indices = np.arange(100)
rest = np.random.default_rng(2).permutation(np.arange(100, len(X)))
test_indices, train_indices = rest[:200], rest[200:]


def train_model(model, X, y, epochs=30):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            loss = F.binary_cross_entropy_with_logits(model(X[batch].to(device)).reshape(-1), y[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses
