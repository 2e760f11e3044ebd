"""The small package behind the notebooks. The modules, in the order to read them:

    data       datasets as tensors, split into train / val / test; the loss that fits the targets
    models     MLP, the study note's CNN, dropout whose p can differ from model to model
    pictures   CIFAR-10, class folders, coloured digits: uint8 pictures, their split, augmentation
    penalties  l1, l2, elastic net, their proximal operators, and which weights are penalised
    train      fit(): the training loop for one model, returns a History; Stepper, the same a step at a time
    sweep      sweep(): many values of λ (and seeds) trained as one batch, returns a Sweep
    plots      panels: one class per kind of Axes; arrays in, artists out
    plots_sparse  the panels of notebook 03: coefficient paths, frequencies, the balance behind an exact zero
    plots_dropout  the panels of notebook 04: lines with dots, heat maps, bands of sampled curves
    plots_pictures  the panels of notebook 05: pictures, filters, recorded sweeps
    record     `python -m regutils.record`: the long runs behind notebooks/recorded; `recorded` reads them
    live       Canvas, explore(), playground() and the sliders: the only module that imports ipywidgets
    stills     what stands in their place on pages without a kernel
    checks     the exercises of the notebooks: not attempted / right / not yet, with a hint; they stand in
               `exercises` (notebooks 01 to 03) and `exercises_networks` (04, 05)

Importing regutils itself loads none of them: `from regutils import data, train` loads what it names.
"""
