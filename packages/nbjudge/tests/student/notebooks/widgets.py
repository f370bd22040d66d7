# %% [markdown]
# # A slider
# %%
from ipywidgets import IntSlider
slider = IntSlider(value=3, min=0, max=5)
slider.value = 10
slider.value
#> 5
# %% [markdown]
# # A slider is shown
# %%
import ipywidgets as widgets
widgets.IntSlider(value=3)
#> IntSlider(value=3)
# %% [markdown]
# # interact
# %%
from ipywidgets import interact
seen = []
def show(x=3):
    seen.append(x)
interact(show, x=(0, 10));
# %%
seen
#> [3]
# %% [markdown]
# # interact as a decorator
# %%
from ipywidgets import interact
@interact(x=5, name=["a", "b"])
def show(x, name):
    global last
    last = x, name
# %%
last
#> (5, 'a')
# %% [markdown]
# # interactive, and a value that changes
# %%
from ipywidgets import interactive
widget = interactive(lambda x: x * x, x=(0, 10))
widget.children[0].value = 4
widget.update()
widget.result
#> 16
# %% [markdown]
# # An Output
# %%
import ipywidgets as widgets
out = widgets.Output()
with out:
    x = 5
# %%
x
#> 5
# %% [markdown]
# # An Output and an error
# %%
import ipywidgets as widgets
out = widgets.Output()
with out:
    caught = True
    raise ValueError("inside")
after = True
# %%
caught, after
#> (True, True)
# %% [markdown]
# # An Output as a decorator
# %%
import ipywidgets as widgets
out = widgets.Output()
@out.capture()
def f():
    return 3
value = f()
# %%
out.clear_output()
# %% [markdown]
# # A button and its handler
# %%
import ipywidgets as widgets
button = widgets.Button(description="Go")
clicked = []
button.on_click(clicked.append)
button.click()
len(clicked)
#> 1
# %% [markdown]
# # Observe and link
# %%
import ipywidgets as widgets
a, b = widgets.IntText(1), widgets.IntText(2)
link = widgets.link((a, "value"), (b, "value"))
changes = []
a.observe(lambda change: changes.append(change["new"]), names="value")
a.value = 7
b.value, changes
#> (7, [7])
# %% [markdown]
# # Boxes
# %%
import ipywidgets as widgets
box = widgets.VBox([widgets.Label("x"), widgets.FloatProgress(value=0.5)])
len(box.children)
#> 2
# %% [markdown]
# # interactive_output
# %%
import ipywidgets as widgets
slider, seen = widgets.IntSlider(2), []
out = widgets.interactive_output(lambda x: seen.append(x), {"x": slider})
seen
#> [2]
# %% [markdown]
# # A connection of one's own
# %%
from comm import create_comm
channel = create_comm(target_name="mine", data={"a": 1})
channel.send({"b": 2})
channel.close()
# %% [markdown]
# # A target of connections
# %%
get_ipython().kernel.comm_manager.register_target("mine", lambda channel, message: None)
