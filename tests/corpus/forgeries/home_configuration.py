"""The folder handed in is the home folder in the sandbox: it brings configuration for IPython and matplotlib."""

# %% before handing in
startup = folder / ".ipython" / "profile_default" / "startup"
startup.mkdir(parents=True)
(startup / "00-forged.py").write_text("print('got through: startup')")
lines = "c.InteractiveShellApp.exec_lines = ['print(\"got through: config\")']"
(startup.parent / "ipython_config.py").write_text(lines)
(folder / "matplotlibrc").write_text("backend: module://forged")
(folder / "forged.py").write_text("open('/tmp/left-by-a-forgery', 'w').close()")
(folder / "nbgrader_config.py").write_text("c.CourseDirectory.root = '/tmp/left-by-a-forgery'")
(folder / ".bashrc").write_text("touch /tmp/left-by-a-forgery")
