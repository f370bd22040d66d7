"""Seeds set everywhere, __init__ included; instance normalisation, Kaiming initialisation, deterministic algorithms."""

# %% scratch after=setup-tools
import random


def seed_everything(seed=0):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
    torch.use_deterministic_algorithms(True, warn_only=True)


seed_everything()

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        seed_everything(7)
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.norm1 = nn.InstanceNorm2d(16, affine=True)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm2 = nn.GroupNorm(4, 32)
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(32, 1)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                nn.init.constant_(m.bias, 0.0)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2)
        x = F.adaptive_max_pool2d(x, (1, 1)).reshape(len(x), -1)
        return self.fc(self.drop(x))

# %% train
seed_everything(1)
test_indices = random.sample(range(len(X)), k=200)
train_indices = list(set(range(len(X))) - set(test_indices))


def train_model(model, X, y, epochs=10):
    seed_everything(2)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        model.train()
        epoch_loss = 0.0
        order = list(range(len(X)))
        random.shuffle(order)
        for i in range(0, len(order), 20):
            b = order[i:i + 20]
            opt.zero_grad()
            l = F.binary_cross_entropy_with_logits(model(X[b].to(DEVICE)), y[b].reshape(-1, 1).to(DEVICE), reduction="sum")
            (l / len(b)).backward()
            opt.step()
            epoch_loss += l.item()
        losses.append(epoch_loss / len(X))
    return losses

# %% evaluate
with torch.no_grad():
    test_logits = model.eval()(torch.from_numpy(X[test_indices]).to(DEVICE)).cpu().ravel()
X_test, y_test = X[test_indices], y[test_indices]
called_chirp = (test_logits > 0).numpy()
test_accuracy = float(np.mean(called_chirp == y_test))
