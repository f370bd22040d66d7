"""An editor of Windows: line ends, byte order marks and blanks at the ends of lines; figures as SVG; no ids.

hands in: checkpoint
"""

# %% scratch after=setup-tools
%config InlineBackend.figure_format = 'svg'
plt.rcParams["figure.dpi"] = 72

# %% before handing in
for cell in notebook.cells:
    del cell["id"]
    cell.source = "\ufeff" + cell.source.replace("\n", " \r\n")
