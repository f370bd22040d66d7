"""train_model ignores its arguments X and y and takes the notebook's data.

loses: train-learns-what-it-is-given-preview, train-learns-what-it-is-given, train-clears-gradients-preview,
    train-clears-gradients
hands in: checkpoint
"""

# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]
X_train = torch.tensor(X[train_indices])
y_train = torch.tensor(y[train_indices], dtype=torch.float32)


def train_model(model, images, labels, epochs=30):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X_train)).split(32):
            logits = model(X_train[batch].to(device)).reshape(-1)
            loss = F.binary_cross_entropy_with_logits(logits, y_train[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X_train))
    return losses
