"""The small package behind the notebooks: a library, what belongs to the lessons, the commands.

Imports go one way: library ← course ← tools. In reading order:

    arguments  one wording for every refused argument
    results    mean ± standard deviation over seeds; recorded files read as arrays
    progress   progress bars of which nothing is left when they end
    models     MLP, the study note's CNN, dropout whose p can be moved
    penalties  l1, l2, elastic net, their proximal operators, and what is penalised
    data       Split and Examples; toy data, digits, pictures, CIFAR-10, class folders
    train      fit() and Trainer for one network, sweep() for many values of λ at once
    plots      panels: one class per kind of Axes; arrays in, artists out
    live       Canvas, explore(), play(), sliders: the only room of the library with ipywidgets
    course     check(), the exercises, the playground, the runs that are recorded for lessons
    tools      the commands: regutils execute, record, site, grade

Importing regutils itself loads none of them; `from regutils import data, train` loads those two.
"""
