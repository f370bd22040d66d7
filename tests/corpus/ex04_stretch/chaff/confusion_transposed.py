"""Rows are what the net said.

loses: lost-chirps-confusion
hands in: checkpoint
"""

# %% lost-chirps
# Leaves behind
#   confusion3     3 x 3 counts on the test part: rows true, columns called, order (blip, chirp, noise)
#   lost_chirps    positions within the test part: chirps called noise
#   pair_accuracy  accuracy on the blips and chirps of the test part: of model, of model3

logits3 = ask(model3, X3_test)
called = logits3.argmax(axis=1)

confusion3 = np.array([[np.sum((y3_test == true) & (called == said)) for true in range(3)] for said in range(3)])
plots.confusion_matrix(confusion3, names=stretch.CLASS_NAMES)

lost_chirps = np.flatnonzero((y3_test == 1) & (called == 2))

pair = y3_test < 2
before = ask(model, X3_test[pair]) > 0
after = logits3[pair, 1] > logits3[pair, 0]
pair_accuracy = [np.mean(said == (y3_test[pair] == 1)) for said in (before, after)]
print(
    f"{len(lost_chirps)} chirps lost; accuracy of the pair {pair_accuracy[0]:.3f} before, {pair_accuracy[1]:.3f} after"
)

