"""Functional style: a chain of functions and SGD with momentum written by hand with torch.autograd.grad."""

# %% glitchnet
def conv_relu_pool(image, weight, bias):
    return F.max_pool2d(F.relu(F.conv2d(image, weight, bias, padding="same")), 2)


class GlitchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = nn.Parameter(0.2 * torch.randn(12, 1, 5, 5))
        self.b1 = nn.Parameter(torch.zeros(12))
        self.w2 = nn.Parameter(0.08 * torch.randn(24, 12, 3, 3))
        self.b2 = nn.Parameter(torch.zeros(24))
        self.w3 = nn.Parameter(0.2 * torch.randn(24))
        self.b3 = nn.Parameter(torch.zeros(()))

    def forward(self, images):
        h = conv_relu_pool(conv_relu_pool(images, self.w1, self.b1), self.w2, self.b2)
        return h.amax((2, 3)) @ self.w3 + self.b3

# %% train
def split(n, fraction, seed):
    order = np.random.RandomState(seed).permutation(n)
    return np.sort(order[int(fraction * n):]), np.sort(order[:int(fraction * n)])


train_indices, test_indices = split(len(y), 0.2, seed=8)


def train_model(model, X, y, epochs=12, lr=0.02, momentum=0.9):
    params = [p for p in model.parameters() if p.requires_grad]
    velocity = [torch.zeros_like(p) for p in params]
    losses = []
    for epoch in range(epochs):
        model.train()
        rate = lr * (1 - epoch / (2 * epochs))
        total = 0.0
        for batch in torch.randperm(len(X)).split(32):
            logits = model(X[batch].to(params[0].device)).reshape(-1)
            loss = F.binary_cross_entropy_with_logits(logits, y[batch].to(params[0].device))
            grads = torch.autograd.grad(loss, params)
            with torch.no_grad():
                for p, v, g in zip(params, velocity, grads):
                    v.mul_(momentum).add_(g)
                    p -= rate * v
            total += float(loss) * len(batch)
        losses.append(total / len(X))
    return tuple(losses)
