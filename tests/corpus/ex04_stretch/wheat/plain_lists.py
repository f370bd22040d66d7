"""Lists, tuples and masks; own draws of noise; a figure in percent; log-softmax for logits; the third class pooled.

hands in: checkpoint
"""

# %% three-classes
class ThreeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(1, 12, 7, padding=3, stride=2)
        self.two = nn.Conv2d(12, 24, 3, padding=1)
        self.out = nn.Linear(24, 3)

    def forward(self, images):
        maps = F.relu(self.two(F.relu(self.one(images))))
        return F.log_softmax(self.out(maps.amax(dim=(2, 3))), dim=-1)


def train_three(model, X, y, epochs=12):
    device = next(model.parameters()).device
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    means = []
    for epoch in range(epochs):
        order, batch_losses = torch.randperm(len(y)), []
        for start in range(0, len(y), 64):
            chosen = order[start : start + 64]
            opt.zero_grad()
            loss = nn.NLLLoss()(F.log_softmax(model(X[chosen].to(device)), 1), y[chosen].to(device))
            loss.backward()
            opt.step()
            batch_losses.append(float(loss))
        means.append(sum(batch_losses) / len(batch_losses))
    return means

# %% lost-chirps
answers = [row.index(max(row)) for row in ask(model3, X3_test).tolist()]
confusion3 = [[0] * 3 for _ in range(3)]
for true, said in zip(y3_test.tolist(), answers):
    confusion3[true][said] += 1
lost_chirps = np.array([true == 1 and said == 2 for true, said in zip(y3_test, answers)])
pair_accuracy = {}
blips_and_chirps = [i for i in range(900) if y3_test[i] != 2]
b = ask(model, X3_test[blips_and_chirps])
c = ask(model3, X3_test[blips_and_chirps])
t = y3_test[blips_and_chirps]
pair_accuracy = (round(float(np.mean((b > 0) == t)), 4), round(float(np.mean((c[:, 1] - c[:, 0] > 0) == t)), 4))

# %% drift-map
same_noise = simulators.noises(DRAWS, np.random.default_rng(99))
chirp_share = [[float((ask(model, stretch.stretched_blip(d, w) + same_noise) > 0).mean()) for w in WIDTHS] for d in DRIFTS]
drift_figure = plt.figure()
plt.imshow(100 * np.array(chirp_share)[::-1])
plt.colorbar()

# %% linear
class LinearNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(2048, 1, bias=False))

    def forward(self, images):
        return self.layers(images)


line = LinearNet().to(DEVICE)
losses = train_model(line, torch.from_numpy(X), torch.from_numpy(y).float(), epochs=12)
train_right = ((ask(line, X) > 0) == (y == 1)).sum() / 1000
fresh_right = ((ask(line, X_fresh) > 0) == (y_fresh == 1)).sum() / 4000
linear_accuracy = train_right, fresh_right
weights_image = list(line.parameters())[0].detach().cpu().reshape(1, 32, 64)

# %% halves
half_scores = []
own_noise = simulators.noises(20, np.random.default_rng(123))
halves_figure, axes = plt.subplots(2, 6, figsize=(16, 4))
sigmoid = lambda z: 1 / (1 + np.exp(-np.asarray(z, float)))
for i in range(6):
    of_image = []
    for half, (a, b) in enumerate([(0, 32), (32, 64)]):
        zeros = np.array(X_sure[confident[i]][0])
        zeros[:, a:b] = 0
        noisy = np.array([zeros] * 20)
        noisy[:, :, a:b] = own_noise[:, :, a:b]
        of_image.append([float(sigmoid(ask(model, zeros))[0]), float(np.mean(sigmoid(ask(model, noisy))))])
        axes[half, i].imshow(zeros)
        axes[half, i].set_xlabel("score = %.3f" % of_image[-1][0])
    half_scores.append(of_image)
whole = X_sure[confident[0], 0]
start = float(ask(model, whole)[0])
occlusion = []
for row in range(16):
    falls = []
    for column in range(16):
        covered = whole.copy()
        covered[2 * row : 2 * row + 2, 4 * column : 4 * column + 4] = 0.0
        falls.append(start - float(ask(model, covered)[0]))
    occlusion.append(falls)
