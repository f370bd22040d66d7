"""Global average pooling with the patience it needs: 40 epochs; images standardised one by one inside the net."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2),
            nn.LeakyReLU(0.1),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.AvgPool2d((16, 32)),
        )
        self.fc = nn.Linear(32, 1)

    def standardise(self, x):
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        std = x.std(dim=(1, 2, 3), keepdim=True)
        return (x - mean) / (std + 1e-6)

    def forward(self, x):
        x = self.conv_layers(self.standardise(x))
        x = torch.flatten(x, 1)
        return self.fc(x).squeeze(dim=-1)

# %% train
indices = np.arange(1000)
np.random.seed(5)
np.random.shuffle(indices)
test_indices, validation_indices, train_indices = indices[:180], indices[180:250], indices[250:]


def train_model(model, X, y, epochs=40, batch_size=16):
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, betas=(0.9, 0.99))
    loss_history = []
    n_batches = int(np.ceil(len(X) / batch_size))
    for epoch in range(epochs):
        model.train()
        loss_sum = 0
        shuffled = torch.randperm(len(X))
        for i in range(n_batches):
            chosen = shuffled[i * batch_size:(i + 1) * batch_size]
            y_pred = model(X[chosen].to(device))
            loss = nn.functional.binary_cross_entropy_with_logits(y_pred, y[chosen].to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach().cpu().numpy() * len(chosen)
        loss_history.append(loss_sum / len(X))
        if epoch % 10 == 9:
            print(f"Epoch {epoch + 1}/{epochs}: loss {loss_history[-1]:.4f}")
    return loss_history
