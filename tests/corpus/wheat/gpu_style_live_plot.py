"""Copied from a Colab GPU recipe: drive, autocast, GradScaler, .cuda() if there is one, a live plot while training."""

# %% scratch after=setup-course
from google.colab import drive
drive.mount('/content/drive')

# %% scratch after=setup-tools
get_ipython().run_line_magic("matplotlib", "inline")
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
use_amp = device.type == "cuda"

# %% glitchnet
class ConvBlock(nn.Module):
    def __init__(self, in_ch, out_ch):
        super().__init__()
        self.conv = nn.Conv2d(in_ch, out_ch, kernel_size=3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_ch)
        self.act = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2, 2)

    def forward(self, x):
        return self.pool(self.act(self.bn(self.conv(x))))


class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = ConvBlock(1, 16)
        self.block2 = ConvBlock(16, 32)
        self.gmp = nn.AdaptiveMaxPool2d((1, 1))
        self.fc = nn.Linear(32, 1)

    def forward(self, x):
        x = self.block2(self.block1(x))
        return self.fc(self.gmp(x).view(-1, 32)).view(-1)

# %% train
from IPython.display import clear_output, display

torch.backends.cudnn.benchmark = True
perm = torch.randperm(1000, generator=torch.Generator().manual_seed(0))
train_indices, test_indices = perm[:800], perm[800:]


def train_model(model, X, y, epochs=10):
    if torch.cuda.is_available():
        model = model.cuda()
    scaler = torch.amp.GradScaler(enabled=use_amp)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.BCEWithLogitsLoss().to(device)
    losses = []
    for epoch in range(epochs):
        model.train()
        epoch_loss, n = 0.0, 0
        for idx in torch.randperm(X.shape[0]).split(32):
            xb, yb = X[idx].to(device), y[idx].to(device)
            optimizer.zero_grad()
            with torch.autocast(device_type=device.type, enabled=use_amp):
                loss = criterion(model(xb), yb)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            epoch_loss += loss.item() * xb.size(0)
            n += xb.size(0)
        losses.append(epoch_loss / n)
        clear_output(wait=True)
        fig = plt.figure(figsize=(4, 3))
        plt.plot(losses)
        plt.title(f"epoch {epoch + 1}")
        display(fig)
        plt.close(fig)
    torch.cuda.empty_cache()
    return losses

# %% evaluate
X_test = torch.from_numpy(X)[test_indices]
y_test = y[test_indices]
if torch.cuda.is_available():
    X_test = X_test.cuda()
model.eval()
with torch.no_grad(), torch.autocast(device_type=device.type, enabled=use_amp):
    test_logits = model(X_test).float().cpu()
X_test = X_test.cpu().numpy()
called_chirp = (test_logits > 0).numpy()
test_accuracy = (called_chirp == y_test).mean().item()
print(f"Accuracy: {100 * test_accuracy:.2f}%")
