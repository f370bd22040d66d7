"""Early stopping on the notebook's own validation part, best weights kept in a file; Adam with weight decay; ReduceLROnPlateau."""

# %% glitchnet
class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 7, padding=3)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(24, 24)
        self.fc2 = nn.Linear(24, 1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), kernel_size=2)
        x = F.relu(self.conv2(x))
        x = F.adaptive_max_pool2d(x, 1).view(x.size(0), -1)
        x = F.dropout(F.relu(self.fc1(x)), 0.25, training=self.training)
        return self.fc2(x).view(-1)

# %% train
SEED = 1234
torch.manual_seed(SEED)
np.random.seed(SEED)

chirp_idx = np.random.permutation(np.where(y == 1)[0])
blip_idx = np.random.permutation(np.where(y == 0)[0])
train_indices = np.concatenate([chirp_idx[:350], blip_idx[:350]])
validation_indices = np.concatenate([chirp_idx[350:400], blip_idx[350:400]])
test_indices = np.concatenate([chirp_idx[400:], blip_idx[400:]])

X_val = torch.from_numpy(X[validation_indices]).to(DEVICE)
y_val = torch.from_numpy(y[validation_indices]).float().to(DEVICE)


def validation_loss(net):
    net.eval()
    with torch.no_grad():
        return F.binary_cross_entropy_with_logits(net(X_val), y_val).item()


def train_model(model, X, y, epochs=20, patience=4):
    opt = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
    sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=2)
    best_val, bad = np.inf, 0
    losses, val_losses = [], []
    for epoch in range(epochs):
        model.train()
        order = np.random.permutation(len(X))
        tot = 0
        for start in range(0, len(X), 32):
            b = order[start:start + 32]
            xb, yb = X[b].to(DEVICE), y[b].to(DEVICE)
            opt.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(xb), yb)
            loss.backward()
            opt.step()
            tot += loss.item() * len(b)
        losses.append(tot / len(X))
        val_losses.append(validation_loss(model))
        sched.step(val_losses[-1])
        if val_losses[-1] < best_val:
            best_val, bad = val_losses[-1], 0
            torch.save(model.state_dict(), "best_model.pth")
        else:
            bad += 1
        if bad >= patience:
            print("early stopping at epoch", epoch)
            break
    model.load_state_dict(torch.load("best_model.pth"))
    return losses
