"""Small real datasets that come with scikit-learn: handwritten digits and diabetes."""

from .split import Examples, Split, Standardise, table_split


def digits(n_train: int = 150, label_noise: float = 0.0, seed: int = 0) -> Split:
    """Return handwritten digits, 8×8 pixels (`load_digits`): x (n, 64), labels 0–9.

    Of 1,797 pictures, shuffled (neighbours in the file are of one writer), 500 are val, the rest
    test. `label_noise` is the share of training labels that are wrong; val and test labels stay
    right. Each pixel has mean 0, and all have one standard deviation: a pixel that is dark in
    almost every training picture would otherwise be blown up by its tiny spread.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return table_split(x, y, (n_train, 500, 1), seed, label_noise=label_noise, sd_over=(0, 1))


def diabetes(n_train: int = 200, seed: int = 0) -> Split:
    """Return ten measurements of 442 patients and their disease a year on.

    x (n, 10), y (n,); 100 patients are val, the rest test, at least 42. x and y are in standard
    deviations of the training part around its mean. Source: Efron et al. 2004.
    """
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    split = table_split(x, y, (n_train, 100, 42), seed)
    scale = Standardise(split.train.y)
    return Split(*(Examples(part.x, scale(part.y)) for part in split.parts))
