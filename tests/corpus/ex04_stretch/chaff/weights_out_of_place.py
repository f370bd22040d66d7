"""The weights are reshaped to (64, 32) and turned.

loses: linear-accuracy, linear-weights
hands in: checkpoint
"""

# %% linear
# Leaves behind
#   linear_accuracy  on the training part X, and on the fresh images X_fresh
#   weights_image    (32, 64): the weight of each pixel


class LinearNet(nn.Module):
    """One linear layer on the pixels: images (N, 1, 32, 64) in, one logit per image out."""

    def __init__(self):
        super().__init__()
        self.line = nn.Linear(32 * 64, 1)

    def forward(self, images):
        return self.line(images.flatten(1)).squeeze(1)


torch.manual_seed(4)
linear = LinearNet().to(DEVICE)
train_model(linear, torch.from_numpy(X), torch.from_numpy(y).float())

linear_accuracy = [np.mean((ask(linear, images) > 0) == labels) for images, labels in ((X, y), (X_fresh, y_fresh))]
print(f"training part {linear_accuracy[0]:.3f}, fresh images {linear_accuracy[1]:.3f}")

weights_image = linear.line.weight.detach().cpu().numpy().reshape(64, 32).T
fig, ax = plt.subplots(figsize=(5.6, 2.8), layout="compressed")
drawn = ax.imshow(weights_image, origin="lower", cmap="cividis")
ax.set(xlabel="time bin", ylabel="frequency bin")
fig.colorbar(drawn, label="weight");

