"""A DataLoader with two worker processes, the OneCycle schedule, AdamW and 2-d dropout."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self, p=0.1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(p),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
            nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1),
        )

    def forward(self, x):
        return self.net(x)

# %% train
from torch.utils.data import DataLoader, TensorDataset
from tqdm.auto import trange

idx = np.random.RandomState(0).permutation(len(X))
test_indices, train_indices = idx[:200].tolist(), idx[200:].tolist()


def train_model(model, X, y, epochs=12, max_lr=5e-3):
    loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True, num_workers=2, pin_memory=torch.cuda.is_available())
    optimizer = torch.optim.AdamW(model.parameters(), lr=max_lr, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=max_lr, epochs=epochs, steps_per_epoch=len(loader))
    criterion = nn.BCEWithLogitsLoss()
    history = {"loss": [], "lr": []}
    bar = trange(epochs, desc="training")
    for epoch in bar:
        model.train()
        running_loss = 0.0
        for inputs, labels in loader:
            inputs, labels = inputs.to(DEVICE), labels.to(DEVICE).unsqueeze(1)
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            running_loss += loss.item() * inputs.size(0)
        history["loss"].append(running_loss / len(loader.dataset))
        history["lr"].append(scheduler.get_last_lr()[0])
        bar.set_postfix(loss=history["loss"][-1])
    return history["loss"]

# %% evaluate
model.eval()
test_loader = DataLoader(TensorDataset(torch.tensor(X[test_indices]), torch.tensor(y[test_indices])), batch_size=64, num_workers=2)
all_logits, all_labels = [], []
with torch.no_grad():
    for inputs, labels in test_loader:
        all_logits.append(model(inputs.to(DEVICE)).cpu())
        all_labels.append(labels)
test_logits = torch.cat(all_logits).squeeze(1)
y_test = torch.cat(all_labels).numpy()
X_test = X[test_indices]
called_chirp = torch.sigmoid(test_logits).numpy() > 0.5
test_accuracy = np.count_nonzero(called_chirp == y_test) / len(y_test)
