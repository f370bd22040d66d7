"""A lived-in notebook: cells that raise, tests of one's own, an overwritten name put right again, leftovers, timing.

hands in: checkpoint
"""

# %% scratch after=setup-checks
%load_ext autoreload
%autoreload 2

# %% scratch after=task-build
class GlitchNet(nn.Module):
    # first try, forgot super().__init__()
    def __init__(self):
        self.conv = nn.Conv2d(1, 8, 3)

GlitchNet()

# %% scratch after=glitchnet
net = GlitchNet()
print(net)
out = net(torch.zeros(4, 1, 32, 64))
assert out.shape == (4, 1), out.shape

# %% scratch after=train
for name, p in net.named_parameters():
    print(name, tuple(p.shape))
1 / 0

# %% scratch after=setup-fit
plt.plot(losses); plt.yscale("log"); plt.show()
model(torch.from_numpy(X[:2]))[5]

# %% scratch after=task-evaluate
import time
t = time.time()
model.train()  # just to see what happens
model(torch.from_numpy(X[:8]).to(DEVICE))
time.time() - t

# %% evaluate
model.eval()
X_test, y_test = X[test_indices], y[test_indices]
with torch.no_grad():
    test_logits = model(torch.from_numpy(X_test).to(DEVICE)).cpu()
called_chirp = test_logits.sigmoid().round().bool().numpy()
n_right = 0
for a, b in zip(called_chirp, y_test):
    n_right += a == b
test_accuracy = n_right / len(y_test)

# %% scratch after=evaluate-preview
raise SystemExit("stop here for today")

# %% scratch after=mistakes
y_test = None
y_test = y[test_indices]
# TODO ask Jana whether these are the same as hers
missed_chirps, false_chirps

# %% scratch after=mistakes-figure
%timeit -n 1 -r 1 np.sort(test_logits)
!echo done
plt.close("all")

# %% scratch after=confidence
assert scores.min() >= 0 and scores.max() <= 1
_ = plt.hist(scores, bins=20)
missing_function(scores)

# %% scratch after=summary
del X, y, model
