"""The course as web pages whose sliders need no kernel: `regutils site`. In reading order:

- frames: in the kernel: what an explorer shows for every setting of its controls
- panels: where a picture is cut for a narrow screen
- formulas: TeX to MathML
- lessons: a notebook prepared for its page, and the exporter that writes it
- building: the command: execute, write, put in place
- templates: what the pages are made of
"""
