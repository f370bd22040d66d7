"""A small ConvMixer: patches, depthwise convolutions, GELU, BatchNorm; cosine schedule with warm-up."""

# %% glitchnet
class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return self.fn(x) + x


class GlitchNet(nn.Module):
    def __init__(self, dim=32, depth=2, patch=2):
        super().__init__()
        self.embed = nn.Sequential(nn.Conv2d(1, dim, patch + 3, stride=patch, padding=2), nn.GELU(), nn.BatchNorm2d(dim))
        self.mixer = nn.Sequential(*[
            nn.Sequential(
                Residual(nn.Sequential(nn.Conv2d(dim, dim, 5, groups=dim, padding="same"), nn.GELU(), nn.BatchNorm2d(dim))),
                nn.Conv2d(dim, dim, 1), nn.GELU(), nn.BatchNorm2d(dim),
            ) for _ in range(depth)
        ])
        self.head = nn.Linear(dim, 1)

    def forward(self, x):
        x = self.mixer(self.embed(x))
        return self.head(torch.amax(x, dim=(-2, -1)))

# %% train
import math

from sklearn.model_selection import train_test_split

train_indices, test_indices = train_test_split(range(1000), test_size=0.2, random_state=0, shuffle=True)


def train_model(model, X, y, epochs=12):
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
    steps = epochs * math.ceil(len(X) / 32)
    warmup = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warmup, 0.5 * (1 + math.cos(math.pi * s / steps)))
    )
    losses = []
    for _ in range(epochs):
        model.train()
        per_batch = []
        for rows in torch.randperm(len(X)).split(32):
            loss = nn.BCEWithLogitsLoss()(model(X[rows].to(DEVICE)), y[rows, None].to(DEVICE))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            per_batch.append(loss.item())
        losses.append(sum(per_batch) / len(per_batch))
    return losses

# %% evaluate
@torch.no_grad()
def predict(net, images):
    was_training = net.training
    net.eval()
    out = torch.cat([net(torch.as_tensor(chunk).to(DEVICE)).cpu() for chunk in np.array_split(images, 4)])
    net.train(was_training)
    return out.numpy().ravel()


test_logits = torch.from_numpy(predict(model, X[test_indices]))
X_test, y_test = X[test_indices], y[test_indices]
called_chirp = (test_logits > 0).numpy()
test_accuracy = (called_chirp == y_test).mean()
