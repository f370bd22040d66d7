"""Soft logits, and they are compared with 0.5.

loses: evaluate-test-accuracy, mistakes-exact-preview, mistakes-exact
hands in: checkpoint
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )
        self.classifier = nn.Linear(32, 1)

    def forward(self, images):
        temperature = 1 if self.training else 10  # less boastful scores
        return self.classifier(self.features(images)).squeeze(1) / temperature

# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (test_logits > 0.5).numpy()
test_accuracy = np.mean(called_chirp == y_test)
