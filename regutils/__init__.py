"""The small package behind the notebooks. The rooms, in the order to read them:

    arguments  one wording for every refused argument
    spread     mean ± standard deviation over seeds, one convention
    progress   progress bars of which nothing is left when they end
    models     MLP, the study note's CNN, dropout whose p can be moved
    penalties  l1, l2, elastic net, their proximal operators, and what is penalised
    data       one Split of examples; tables, pictures, CIFAR-10, class folders
    train      fit() for one network, sweep() for many values of λ at once
    plots      panels: one class per kind of Axes; arrays in, artists out
    live       Canvas, explore(), play(), desk(), sliders: the only room that imports ipywidgets
    course     the exercises and their checks; what runs the notebooks
    recording  `regutils record`: the long runs behind notebooks/recorded, and how they are read

Importing regutils itself loads none of them; `from regutils import data, train` loads those two.
"""
