"""The net has dropout, and the accuracy is measured in training mode.

loses: evaluate-test-accuracy
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
        self.dropout = nn.Dropout(0.5)

    def forward(self, images):
        features = self.dropout(self.features(images))
        return self.classifier(features).squeeze(1)


# %% evaluate
X_test, y_test = X[test_indices], y[test_indices]


def accuracy(net, images, labels):
    net.train()
    with torch.no_grad():
        return ((net(torch.from_numpy(images).to(DEVICE)).cpu() > 0).numpy() == labels).mean()


test_accuracy = accuracy(model, X_test, y_test)

# %% scratch after=evaluate
model.eval()
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = (test_logits > 0).numpy()
