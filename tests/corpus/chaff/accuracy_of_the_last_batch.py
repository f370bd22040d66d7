"""The accuracy is overwritten in each turn of the loop: that of the last eight images is left.

loses: evaluate-test-accuracy
hands in: checkpoint
"""

# %% scratch after=evaluate
loader = torch.utils.data.DataLoader(list(zip(X_test, y_test)), batch_size=32)
with torch.no_grad():
    for images, labels in loader:
        test_accuracy = ((model(images.to(DEVICE)).cpu() > 0) == labels).float().mean().item()
