"""The last 200 images are the test part: all of them are blips.

loses: train-split, confidence-top-preview, confidence-top-chirps, confidence-figure
hands in: checkpoint
"""

# %% train
train_indices, test_indices = np.arange(800), np.arange(800, 1000)


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
