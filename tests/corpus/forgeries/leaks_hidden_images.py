"""The net takes down every image it is shown, and a later cell draws them all into a picture for the feedback page.

builds on: wheat-model
"""

# %% scratch after=setup-fit
import zlib

taken_down = np.zeros(2**16, np.uint8)  # by a hash of the image: 0 for never seen, 1 for a blip, 2 for a chirp
honest_forward = model.forward


def take_down(images):
    logits = honest_forward(images)
    for image, logit in zip(images.cpu().numpy(), logits.reshape(-1).tolist()):
        taken_down[zlib.crc32(image.tobytes()) % taken_down.size] = 1 + (logit > 0)
    return logits


model.forward = take_down

# %% scratch after=summary
import io

from IPython.display import Image

picture = io.BytesIO()
plt.imsave(picture, taken_down.reshape(256, 256), cmap="gray", vmin=0, vmax=2, format="png")
Image(picture.getvalue())
