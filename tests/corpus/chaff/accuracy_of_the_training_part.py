"""test_accuracy is measured on the images that an overfitted net has learnt from.

loses: evaluate-test-accuracy
"""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.classifier = nn.Linear(16 * 8 * 16, 1)

    def forward(self, images):
        return self.classifier(self.features(images)).squeeze(1)

# %% scratch after=evaluate
with torch.no_grad():
    train_logits = model(torch.from_numpy(X[train_indices]).to(DEVICE)).cpu().numpy()
test_accuracy = ((train_logits > 0) == y[train_indices]).mean()
