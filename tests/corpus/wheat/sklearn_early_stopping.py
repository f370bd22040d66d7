"""A stratified split by scikit-learn with a validation part, early stopping, SGD with a schedule; extra and broken scratch cells."""

# %% scratch after=setup-tools
try:
    from google.colab import drive
    drive.mount("/content/drive")
except ImportError:
    print("not on Colab")

# %% scratch after=look-examples
# does nothing but raise
this_is_not_defined

# %% glitchnet
def conv(before, after):
    return nn.Sequential(nn.LazyConv2d(after, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))


class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv(1, 12), conv(12, 24), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.LazyLinear(1))

    def forward(self, images):
        return self.body(images)[:, 0]

# %% train
from copy import deepcopy

from sklearn.model_selection import train_test_split

rest, test_indices = train_test_split(np.arange(1000), test_size=0.25, stratify=y, random_state=7)
train_indices, validation_indices = train_test_split(rest, test_size=0.1, stratify=y[rest], random_state=7)
X_validation = torch.tensor(X[validation_indices]).to(DEVICE)
y_validation = torch.tensor(y[validation_indices], dtype=torch.float32).to(DEVICE)


def train_model(model, X, y, epochs=25, patience=6):
    torch.manual_seed(7)
    device = next(model.parameters(), torch.empty(0)).device
    model(X[:2].to(device))  # materialise lazy layers before the optimizer sees them
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5)
    n_held_out = max(2, len(X) // 10)
    X_held, y_held = X[:n_held_out].to(device), y[:n_held_out].to(device)
    losses, best, waited, best_state = [], float("inf"), 0, None
    for epoch in range(epochs):
        model.train()
        batch_losses = []
        for idx in np.array_split(np.random.permutation(len(X)), len(X) // 32):
            loss = nn.functional.binary_cross_entropy_with_logits(model(X[idx].to(device)).flatten(), y[idx].to(device))
            model.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            batch_losses.append(loss.item())
        schedule.step()
        losses.append(np.mean(batch_losses))
        model.eval()
        with torch.no_grad():
            held = F.binary_cross_entropy_with_logits(model(X_held).flatten(), y_held).item()
        if held < best:
            best, waited, best_state = held, 0, deepcopy(model.state_dict())
        else:
            waited += 1
            if waited > patience:
                break
    model.load_state_dict(best_state)
    return np.array(losses)

# %% scratch after=evaluate
import pandas as pd

pd.DataFrame({"loss": losses}).describe()
