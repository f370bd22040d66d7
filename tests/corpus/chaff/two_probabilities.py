"""Two outputs, and a softmax in the net.

loses: glitchnet-logit-shape, glitchnet-no-sigmoid
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 2)

    def forward(self, images):
        return self.classifier(self.features(images)).softmax(1)

# %% train
shuffled = np.random.default_rng(2).permutation(len(X))
test_indices, train_indices = shuffled[:200], shuffled[200:]


def train_model(model, X, y, epochs=15):
    device = next(model.parameters()).device
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            loss = F.nll_loss(torch.log(model(X[batch].to(device))), y[batch].long().to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    outputs = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (outputs.argmax(1) == 1).numpy()
test_accuracy = np.mean(called_chirp == y_test)
test_logits = torch.logit(outputs[:, 1])
