# %% [markdown]
# # A figure as PNG
# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2], label="line")
ax.legend();
# %%
plt.get_fignums()
#> []
# %% [markdown]
# # A test looks into a figure
# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2, 3])
ax.set_title("t")
plt.show()
# %%
ax.get_title(), ax.lines[0].get_ydata().tolist(), len(fig.axes)
#> ('t', [1, 2, 3], 1)
# %% [markdown]
# # The current axes in the next cell
# %%
%matplotlib inline
import matplotlib.pyplot as plt
plt.plot([1, 2]);
# %%
len(plt.gca().lines)
# %% [markdown]
# # A figure is saved
# %%
import matplotlib.pyplot as plt, os
plt.plot([1]); plt.savefig("figure.png"); plt.close()
assert os.path.getsize("figure.png") > 1000
# %% [markdown]
# # Another backend
# %%
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
plt.plot([1])
matplotlib.get_backend().lower()
#> 'agg'
# %% [markdown]
# # The backend of a notebook
# %%
import matplotlib.pyplot as plt
"inline" in plt.get_backend()
#> True
# %% [markdown]
# # A style and settings
# %%
import matplotlib.pyplot as plt
plt.style.use("ggplot")
plt.rcParams["figure.figsize"] = 3, 2
# %%
plt.figure().get_size_inches().tolist()
# %% [markdown]
# # An animation
# %%
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
fig, ax = plt.subplots()
line, = ax.plot([0, 1])
animation = FuncAnimation(fig, lambda k: line.set_ydata([k, 1]) or (line,), frames=2)
page = animation.to_jshtml()
plt.close()
"<script" in page
#> True
# %% [markdown]
# # Print options stay for the next cell
# %%
import numpy as np
np.set_printoptions(precision=2, suppress=True)
# %%
np.array([1.23456])
#> array([1.23])
# %% [markdown]
# # Error settings stay for the next cell
# %%
import numpy as np
np.seterr(all="raise");
# %%
np.ones(1) / 0
#! FloatingPointError
# %% [markdown]
# # The precision of decimals stays for the next cell
# %%
import decimal
decimal.getcontext().prec = 5
# %%
decimal.Decimal(1) / 3
#> Decimal('0.33333')
# %% [markdown]
# # A context variable stays for the next cell
# %%
import contextvars
name = contextvars.ContextVar("name", default="nobody")
name.set("ada");
# %%
name.get()
#> 'ada'
# %% [markdown]
# # Random numbers with a seed
# %%
import random
import numpy as np
random.seed(1); np.random.seed(1)
a = random.random(), np.random.rand()
# %%
random.seed(1); np.random.seed(1)
a == (random.random(), np.random.rand())
#> True
# %% [markdown]
# # A table is read, grouped and shown
# file data.csv: kind,x\na,1\nb,2\na,3\n
# %%
import pandas as pd
table = pd.read_csv("data.csv")
table.groupby("kind").x.sum()
#> kind
#> a    4
#> b    2
#> Name: x, dtype: int64
# %% [markdown]
# # Options of pandas stay
# %%
import pandas as pd
pd.set_option("display.max_rows", 4)
# %%
len(repr(pd.DataFrame({"a": range(100)})).splitlines())
#> 8
# %% [markdown]
# # pandas draws
# %%
import pandas as pd
axes = pd.Series([1, 2]).plot()
# %%
len(axes.lines)
#> 1
# %% [markdown]
# # A styled table
# %%
import pandas as pd
pd.DataFrame({"a": [1]}).to_html().startswith("<table")
#> True
# %% [markdown]
# # sympy prints
# %%
import sympy
x = sympy.symbols("x")
sympy.init_printing(use_latex=False)
sympy.diff(x**2, x)
#> 2⋅x
# %% [markdown]
# # scipy
# %%
from scipy import optimize
round(float(optimize.brentq(lambda x: x * x - 2, 0, 2)), 4)
#> 1.4142
# %% [markdown]
# # scikit-learn, with processes
# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
X = np.arange(20.0)[:, None]
y = X[:, 0] > 9.5
cross_val_score(LogisticRegression(), X, y, cv=2, n_jobs=2).shape
#> (2,)
# %% [markdown]
# # torch learns
# %%
import torch
torch.manual_seed(0)
net = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(5):
    optimizer.zero_grad()
    loss = (net(torch.ones(4, 1)) ** 2).mean()
    loss.backward()
    optimizer.step()
loss.item() < 1
#> True
# %% [markdown]
# # torch loads data in processes
# %%
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(6.0))
sum(batch[0].sum().item() for batch in DataLoader(data, batch_size=2, num_workers=1))
#> 15.0
# %% [markdown]
# # torch saves and loads
# %%
import torch
net = torch.nn.Linear(2, 1)
torch.save(net.state_dict(), "net.pt")
net.load_state_dict(torch.load("net.pt"))
#> <All keys matched successfully>
# %% [markdown]
# # torch has no graphics card
# %%
import torch
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.ones(2, device=device).sum().item()
#> 2.0
# %% [markdown]
# # seaborn
# %%
import seaborn as sns
sns.set_theme()
axes = sns.lineplot(x=[1, 2], y=[1, 2])
# %%
len(axes.lines)
#> 1
# %% [markdown]
# # Pictures
# %%
import numpy as np
from PIL import Image
Image.fromarray(np.zeros((2, 3), np.uint8)).save("p.png")
Image.open("p.png").size
#> (3, 2)
# %% [markdown]
# # A bar of progress in a loop over batches
# %%
from tqdm import trange
total = sum(number for number in trange(3, disable=None))
total
#> 3
# %% [markdown]
# # A random file of NumPy's new generator
# %%
import numpy as np
generator = np.random.default_rng(0)
generator.integers(10, size=3).tolist()
#> [8, 6, 5]
# %% [markdown]
# # Complex numbers, fractions and statistics
# %%
import cmath, fractions, statistics
statistics.mean([1, 2, 3]), fractions.Fraction(1, 3) + 1, abs(cmath.exp(1j))
#> (2, Fraction(4, 3), 1.0)
