r"""The matched filter finds the template that fits whitened strain best, at all times and phases.

The signal-to-noise ratio of the strain d with the template h at the time t is :math:`|z(t)| / \lVert h \rVert`. The
real part of z is the inner product of d with h, shifted by t. The imaginary part is the inner product with the same
template a quarter of an oscillation later, so the phase need not be known [1]_.

References
----------
.. [1] B. Allen et al., "FINDCHIRP: an algorithm for detection of gravitational waves from inspiraling compact
   binaries", Phys. Rev. D 85, 122006 (2012), arXiv:gr-qc/0509116.
"""

import torch
from torch import Tensor

_BLOCK = 64


def largest_snr(strain: Tensor, templates: Tensor) -> Tensor:
    """Return the largest signal-to-noise ratio of each second of strain, shape (n,).

    Parameters
    ----------
    strain : Tensor, shape (n, samples)
        Whitened strain.
    templates : Tensor, shape (m, samples)
        Whitened templates. None of them may be zero.
    """
    samples = strain.shape[-1]
    padded = 2 * samples  # else a template shifted beyond the end would reappear at the start
    spectra = torch.fft.rfft(templates, padded).conj()
    spectra /= templates.norm(dim=-1, keepdim=True)
    largest = strain.new_empty(len(strain))
    for start in range(0, len(strain), _BLOCK):
        block = slice(start, start + _BLOCK)
        largest[block] = _largest(torch.fft.rfft(strain[block], padded), spectra)
    return largest


def _largest(strain: Tensor, templates: Tensor) -> Tensor:
    largest = torch.zeros(len(strain), dtype=torch.float32, device=strain.device)
    for template in templates:
        # With only the positive frequencies, doubled, the real part is the correlation, and the imaginary part is the
        # correlation a quarter of an oscillation later.
        correlation = torch.fft.ifft(2 * strain * template, 2 * (strain.shape[-1] - 1))
        largest = torch.maximum(largest, correlation.abs().amax(-1))
    return largest
