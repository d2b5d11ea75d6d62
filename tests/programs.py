"""Random programs that make a job, give it other names, change it or something else, and submit it.

Each is legal Python of a few lines; most run. What they do to the job is not told: it is seen when they run.
The pieces are rows of the tables below, in which ``{x}`` stands for an expression, ``{v}`` for a new name,
``{name}`` for an attribute, key or global name and ``{value}`` for what it is to be.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random

IMAGES = {
    "cntk": "microsoft/cntk:2.5.1-gpu-python2.7-cuda9.0-cudnn7.0",
    "tensorflow": "tensorflow/tensorflow:1.8.0-gpu",
}
OTHER = repr("team/own:1")
_SETTINGS = {
    "cntk": "cntk_settings=models.CNTKsettings(python_script_file_path='a.py', process_count=1)",
    "tensorflow": "tensor_flow_settings=models.TensorFlowSettings(python_script_file_path='a.py')",
}
_KEYS = {"cntk": "cntkSettings", "tensorflow": "tensorFlowSettings"}

# Lines that give an object another name, and the expression that is it from then on.
ALIASES: Sequence[tuple[str, str]] = (
    ("{v} = {x}", "{v}"),
    ("{v} = [{x}]", "{v}[0]"),
    ("{v} = ({x}, 1)", "{v}[0]"),
    ("{v} = {{'k': {x}}}", "{v}['k']"),
    ("{v} = dict(k={x})", "{v}.get('k')"),
    ("{v} = {{**{{'a': {x}}}}}", "{v}['a']"),
    ("{v}, _ = {x}, 0", "{v}"),
    ("*{v}, _ = [{x}, 0]", "{v}[0]"),
    ("class {V}:\n    x = {x}", "{V}.x"),
    ("class {V}:\n    pass\n{v} = {V}()\n{v}.x = {x}", "{v}.x"),
    ("class {V}:\n    def __init__(self, x):\n        self.x = x\n{v} = {V}({x})", "{v}.x"),
    (
        "class {V}:\n    def __init__(self, x):\n        self._x = x\n"
        "    @property\n    def x(self):\n        return self._x\n{v} = {V}({x})",
        "{v}.x",
    ),
    ("class {V}:\n    @staticmethod\n    def of(x):\n        return x", "{V}.of({x})"),
    (
        "class {V}:\n    kept = []\n    @classmethod\n    def add(cls, x):\n"
        "        cls.kept.append(x)\n{V}.add({x})",
        "{V}.kept[0]",
    ),
    ("class {V}:\n    def __getitem__(self, k):\n        return {x}", "{V}()[0]"),
    ("class {V}:\n    def __getattr__(self, k):\n        return {x}", "{V}().any"),
    (
        "class {V}:\n    def __enter__(self):\n        return {x}\n"
        "    def __exit__(self, *a):\n        return None\nwith {V}() as {v}:\n    pass",
        "{v}",
    ),
    ("def {v}():\n    return {x}", "{v}()"),
    ("def {v}(x=None, *, y=None):\n    return x or y", "{v}(y={x})"),
    ("def {v}(*a, **k):\n    return [*a, *k.values()]", "{v}({x})[0]"),
    ("def {v}(x):\n    def inner():\n        return x\n    return inner", "{v}({x})()"),
    ("def {v}(f):\n    return lambda: f()\n@{v}\ndef {v}d():\n    return {x}", "{v}d()"),
    ("def {v}():\n    yield {x}", "next({v}())"),
    ("{v} = lambda: {x}", "{v}()"),
    ("{v} = next(iter([{x}]))", "{v}"),
    ("{v} = [x for x in [{x}]]", "{v}[0]"),
    ("for {v} in [{x}]:\n    pass", "{v}"),
    ("for {v}, _ in zip([{x}], [1]):\n    pass", "{v}"),
    ("if ({v} := {x}) is not None:\n    pass", "{v}"),
    ("{v} = {x} if True else None", "{v}"),
    ("{v} = None or {x}", "{v}"),
    ("{v} = []\n{v}.append({x})", "{v}.pop()"),
    ("{v} = [0]\n{v} += [{x}]", "{v}[-1]"),
    ("{v} = [0]\n{v}[0] = {x}", "{v}[0]"),
    ("{v} = {{}}\n{v}.update(a={x})", "{v}['a']"),
    ("{v} = {{}}", "{v}.setdefault('a', {x})"),
    ("{v} = {{'a': {x}}}", "list({v}.items())[0][1]"),
    ("try:\n    raise KeyError({x})\nexcept KeyError as error:\n    {v} = error.args[0]", "{v}"),
    ("from contextlib import nullcontext\nwith nullcontext({x}) as {v}:\n    pass", "{v}"),
    ("match {x}:\n    case {v}:\n        pass", "{v}"),
    ("from functools import partial\ndef {v}f(x):\n    return x\n{v} = partial({v}f, {x})", "{v}()"),
    ("{v} = max([{x}], key=id)", "{v}"),
    ("{v} = list(map(lambda x: x, [{x}]))[0]", "{v}"),
    ("{v} = ([{x}] * 2)[1]", "{v}"),
    ("import collections\n{v} = collections.deque([{x}])", "{v}[0]"),
    ("import collections\n{v} = collections.namedtuple('N', 'x')({x})", "{v}.x"),
    ("import types\n{v} = types.SimpleNamespace(x={x})", "{v}.x"),
    ("from dataclasses import dataclass\n@dataclass\nclass {V}:\n    x: object\n{v} = {V}({x})", "{v}.x"),
    ("import operator\n{v} = operator.itemgetter(0)([{x}])", "{v}"),
    ("globals()['{v}'] = {x}", "globals()['{v}']"),
    ("import shelf\nshelf.{v} = {x}", "shelf.{v}"),
    ("import shelf\nshelf.keep({x})", "shelf.kept()"),
    ("from shelf import Box\n{v} = Box({x})", "{v}.x"),
    (
        "class {V}:\n    def __init_subclass__(cls, x):\n        cls.x = x\n"
        "class {V}b({V}, x={x}):\n    pass",
        "{V}b.x",
    ),
    ("class {V}:\n    def __get__(self, i, o):\n        return {x}\nclass {V}o:\n    a = {V}()", "{V}o().a"),
    (
        "class {V}(type):\n    def __getattr__(cls, n):\n        return {x}\n"
        "class {V}o(metaclass={V}):\n    pass",
        "{V}o.any",
    ),
    (
        "class {V}(type):\n    def __getitem__(cls, n):\n        return {x}\n"
        "class {V}o(metaclass={V}):\n    pass",
        "{V}o[0]",
    ),
    ("class {V}:\n    def __class_getitem__(cls, n):\n        return {x}", "{V}[0]"),
    ("class {V}:\n    def __neg__(self):\n        return {x}", "(-{V}())"),
    (
        "from functools import cached_property\nclass {V}:\n    @cached_property\n"
        "    def x(self):\n        return {x}",
        "{V}().x",
    ),
    ("import weakref\n{v} = weakref.proxy({x})", "{v}"),
    ("{v} = [{x}].copy()", "{v}[0]"),
    ("{v} = [None]\n{v}[:] = [{x}]", "{v}[0]"),
    ("{v} = [y for y in ({x},) if y is not None]", "{v}[0]"),
    ("{v} = enumerate([{x}])", "next({v})[1]"),
    ("class {V}:\n    def __init__(self, **k):\n        self.__dict__.update(k)\n{v} = {V}(x={x})", "{v}.x"),
    (
        "from dataclasses import dataclass, field\n@dataclass\nclass {V}:\n"
        "    x: list = field(default_factory=list)\n{v} = {V}()\n{v}.x.append({x})",
        "{v}.x[0]",
    ),
    ("import contextvars\n{v} = contextvars.ContextVar('v')\n{v}.set({x})", "{v}.get()"),
)

# What sets an attribute of an object.
STORES: Sequence[str] = (
    "{x}.{name} = {value}",
    "setattr({x}, '{name}', {value})",
    "{x}.__dict__['{name}'] = {value}",
    "vars({x}).update({name}={value})",
    "{x}.__setattr__('{name}', {value})",
    "object.__setattr__({x}, '{name}', {value})",
    "for {v} in ('{name}',):\n    setattr({x}, {v}, {value})",
    "for {x}.{name} in ({value},):\n    pass",
    "[{x}.{name}] = [{value}]",
    "{v} = setattr\n{v}({x}, '{name}', {value})",
    "def {v}(x, y):\n    x.{name} = y\n{v}({x}, {value})",
    "(lambda x: setattr(x, '{name}', {value}))({x})",
    "[setattr(x, '{name}', {value}) for x in [{x}]]",
    "import shelf\nshelf.put({x}, '{name}', {value})",
    "from shelf import put_all\nput_all({x}, {name}={value})",
    "from functools import partial\npartial(setattr, {x}, '{name}')({value})",
    "import operator\noperator.methodcaller('__setattr__', '{name}', {value})({x})",
    "getattr({x}, '__dict__')['{name}'] = {value}",
    "from contextlib import nullcontext\nwith nullcontext({value}) as {x}.{name}:\n    pass",
    'exec("{x}.{name} = {value}")',
    "def {v}(f, *a):\n    return f(*a)\n{v}(setattr, {x}, '{name}', {value})",
    "import threading\n{v} = threading.Thread(target=setattr, args=({x}, '{name}', {value}))\n"
    "{v}.start()\n{v}.join()",
    "from unittest import mock\nmock.patch.object({x}, '{name}', {value}).start()",
    "class {V}:\n    def __init__(self, x):\n        self.x = x\n    def go(self):\n"
    "        self.x.{name} = {value}\n{V}({x}).go()",
    "setattr(*[{x}, '{name}', {value}])",
    "setattr(*({x}, '{name}'), {value})",
    "import types\ndef {v}(self):\n    self.{name} = {value}\ntypes.MethodType({v}, {x})()",
    "class {V}:\n    def __set__(self, i, v):\n        i.t.{name} = v\nclass {V}o:\n"
    "    d = {V}()\n    def __init__(self, t):\n        self.t = t\n{V}o({x}).d = {value}",
    "class {V}:\n    def __iadd__(self, v):\n        {x}.{name} = v\n        return self\n"
    "{v} = {V}()\n{v} += {value}",
    "class {V}:\n    def __enter__(self):\n        {x}.{name} = {value}\n"
    "    def __exit__(self, *a):\n        pass\nwith {V}():\n    pass",
    "class {V}:\n    def __exit__(self, *a):\n        {x}.{name} = {value}\n"
    "    def __enter__(self):\n        pass\nwith {V}():\n    pass",
    "import functools\nfunctools.reduce(lambda a, b: setattr(a, '{name}', b), [{x}, {value}])",
    "from unittest import mock\nmock.patch.dict(vars({x}), {name}={value}).start()",
    "{v} = lambda o, **k: [setattr(o, *i) for i in k.items()]\n{v}({x}, {name}={value})",
    "import asyncio\nasync def {v}(o):\n    o.{name} = {value}\nasyncio.run({v}({x}))",
    "{v} = {x}.__getattribute__('__dict__')\n{v}['{name}'] = {value}",
)

# What sets an entry of a dictionary.
ENTRIES: Sequence[str] = (
    "{x}['{name}'] = {value}",
    "{x}.update({name}={value})",
    "{x}.update({{'{name}': {value}}})",
    "{x}.__setitem__('{name}', {value})",
    "import operator\noperator.setitem({x}, '{name}', {value})",
    "{x}.pop('{name}')\n{x}.setdefault('{name}', {value})",
    "for {v} in [*{x}]:\n    {x}[{v}] = {value}",
    "{v} = {x}\n{v} |= {{'{name}': {value}}}",
    "dict.update({x}, {name}={value})",
    "def {v}(d):\n    d['{name}'] = {value}\n{v}({x})",
    "{v} = {x}.update\n{v}({name}={value})",
    "{v} = getattr({x}, 'update')\n{v}({name}={value})",
    "list(map({x}.update, [{{'{name}': {value}}}]))",
    "import functools\nfunctools.partial({x}.update, {name}={value})()",
    "import operator\noperator.methodcaller('update', {name}={value})({x})",
    "def {v}(d, **k):\n    d.update(k)\n{v}({x}, {name}={value})",
    "import collections\n{v} = collections.ChainMap({x})\n{v}['{name}'] = {value}",
    "{x}.update(zip(['{name}'], [{value}]))",
    "from unittest import mock\nmock.patch.dict({x}, {name}={value}).start()",
    "type({x}).update({x}, {name}={value})",
    "{x}.__setitem__(*('{name}', {value}))",
    "import functools\nfunctools.reduce(lambda d, k: d.__setitem__(k, {value}), ['{name}'], {x})",
)

# What uses a text, or something made of it, for something else.
USES: Sequence[str] = (
    "client.note({x})",
    "client.note(f'docker pull {{{x}}}')",
    "client.note('docker pull ' + {x})",
    "client.note({x}.partition(':')[2])",
    "client.note(len({x}))",
    "client.note(**{{'x': {x}}})",
    "{v} = {x}\nclient.note('%s' % {v})",
    "def {v}(x):\n    client.note(x)\n{v}({x})",
    "import shelf\nshelf.call(client.note, {x})",
    "client.note(globals().get('IMAGE'))",
    "client.note('{{IMAGE}}'.format(**globals()))",
    "client.note(eval('IMAGE'))",
    "client.note([*map(str.upper, [{x}])])",
    "if {x} == 'team/own:1':\n    client.note(1)",
    "client.note({{{x}: 1}})",
)

# What binds a global name anew.
REBINDINGS: Sequence[str] = (
    "{name} = {value}",
    "globals()['{name}'] = {value}",
    "globals().update({name}={value})",
    "def {v}():\n    global {name}\n    {name} = {value}\n{v}()",
    "for {name} in (0, {value}):\n    pass",
    "[({name} := x) for x in ({value},)]",
    "if True:\n    {name} = {value}",
    "*{name}, = {value},\n{name} = {name}[0]",
    'exec("{name} = {value}")',
    "import sys\nsetattr(sys.modules[__name__], '{name}', {value})",
    "import sys\nvars(sys.modules[__name__])['{name}'] = {value}",
    "locals()['{name}'] = {value}",
    "match {value}:\n    case {name}:\n        pass",
    "{name}: object = {value}",
    "class {V}:\n    global {name}\n    {name} = {value}",
    "import shelf\nshelf.bind(globals(), '{name}', {value})",
    "from later import {name}",
    "from later import *",
    "from unittest import mock\nmock.patch('__main__.{name}', {value}).start()",
    "import sys\nsys._getframe().f_globals['{name}'] = {value}",
    "import inspect\ninspect.currentframe().f_globals['{name}'] = {value}",
    "def {v}():\n    pass\n{v}.__globals__['{name}'] = {value}",
    "import runpy\nglobals().update(runpy.run_path('later.py'))",
    "import builtins\ngetattr(builtins, 'exec')(\"{name} = {value}\")",
    'list(map(exec, ["{name} = {value}"]))',
    "def {v}(g=globals()):\n    g['{name}'] = {value}\n{v}()",
    "from unittest.mock import patch\npatch.multiple('__main__', {name}={value}).start()",
    "from unittest.mock import patch\npatch(f'{{__name__}}.{name}', {value}).start()",
    "from unittest.mock import patch\npatch(__name__ + '.{name}', {value}).start()",
    "from unittest.mock import patch\npatch('.'.join([__name__, '{name}']), {value}).start()",
    "from unittest.mock import patch\npatch('%s.{name}' % __name__, {value}).start()",
    "from unittest.mock import patch\npatch('{{}}.{{}}'.format(__name__, '{name}'), {value}).start()",
)

# What sets a name of another module, or of a class in it (``{m}`` is its dotted name, ``{x}`` what holds it).
MODULE_STORES: Sequence[str] = (
    "import {m}\n{x}.{name} = {value}",
    "import {m}\nsetattr({x}, '{name}', {value})",
    "import {m} as {v}\n{v}.{name} = {value}",
    "import importlib\n{v} = importlib.import_module('{m}')\n{v}.{name} = {value}",
    "import sys, {m}\nsys.modules['{m}'].{name} = {value}",
    "from unittest import mock\nmock.patch('{x}.{name}', {value}).start()",
    "import {m}\nfor {v} in [{x}]:\n    {v}.{name} = {value}",
    "import {m}\ndef {v}(m):\n    m.{name} = {value}\n{v}({x})",
    "import {m}\nvars({m})['{name}'] = {value}",
    'import {m}\nexec("{name} = {value}", vars({m}))',
    "import {m}\n{v} = {{'m': {x}}}\n{v}['m'].{name} = {value}",
    "from unittest.mock import patch\npatch.multiple('{x}', {name}={value}).start()",
    "import {m}\n{m}.make.__globals__['{name}'] = {value}",
    "import shelf, {m}\nshelf.keep({x})\nshelf.kept().{name} = {value}",
    "import pkgutil\nsetattr(pkgutil.resolve_name('{m}'), '{name}', {value})",
    "import {m}\n{v} = getattr({m}, '__dict__')\n{v}['{name}'] = {value}",
)

# What is called with another count than the job's.
CALLS: Sequence[str] = (
    "{v} = make(3)",
    "{v} = make(n=3)",
    "import functools\n{v} = functools.partial(make, 3)()",
    "{v} = [make][0](3)",
    "{v} = make(*[3])",
    "{v} = make(**{{'n': 3}})",
    "{v} = list(map(make, [3]))[0]",
    "import shelf\n{v} = shelf.call(make, 3)",
    "{v} = globals()['make'](3)",
    "{v} = eval('make(3)')",
    "class {V}:\n    m = staticmethod(make)\n{v} = {V}.m(3)",
    "{v} = make.__call__(3)",
    "import operator\n{v} = operator.call(make, 3)",
    "make.__defaults__ = (3,)\n{v} = make()",
    "import functools\n@functools.wraps(make)\ndef {v}w(*a, **k):\n    return make(*a, **k)\n{v} = {v}w(3)",
    "class {V}:\n    def __init__(self, f):\n        self.f = f\n"
    "    def __call__(self, *a):\n        return self.f(*a)\n{v} = {V}(make)(3)",
    "import copy\n{v} = copy.copy(make)(3)",
    "import types\n{v} = types.FunctionType(make.__code__, globals(), 'm', (3,))()",
)

# What makes an instance of the class ``Maker``, and what it makes jobs of.
MAKERS: Sequence[str] = (
    "maker = Maker()",
    "maker = Maker()",
    f"maker = Maker({OTHER})",
    "maker = Maker()\nmaker.nodes = 3",
    "maker = Maker()\nMaker.nodes = 3",
    "maker = Maker()\ntype(maker).nodes = 3",
    "maker = Maker()\nsetattr(maker, 'nodes', 3)",
    "maker = Maker()\nvars(maker)['nodes'] = 3",
    f"maker = Maker()\nmaker.image = {OTHER}",
    "class Other(Maker):\n    nodes = 3\nmaker = Other()",
    f"class Other(Maker):\n    def __init__(self):\n        super().__init__({OTHER})\nmaker = Other()",
    "class Other(Maker):\n    @property\n    def nodes(self):\n        return 3\nmaker = Other()",
    "class Other(Maker):\n    def __getattribute__(self, name):\n"
    "        return 3 if name == 'nodes' else super().__getattribute__(name)\nmaker = Other()",
    "maker = type('Other', (Maker,), {'nodes': 3})()",
    "maker = Maker.__new__(Maker)\nmaker.__init__()",
    "import copy\nmaker = copy.copy(Maker())\nmaker.nodes = 3",
)
# Jobs that several turns of a loop or a call make; ``n`` and ``image`` are what the job is made of.
LOOPS: Sequence[str] = (
    "for n, image in (({nodes}, {image}),):\n    client.jobs.create('g', 'w', 'e', 'j', {job})",
    "for n in ({nodes}, 3):\n    image = {image}\n    client.jobs.create('g', 'w', 'e', 'j', {job})",
    "image = {image}\nfor n in range(1, 2):\n    client.jobs.create('g', 'w', 'e', 'j', {job})",
    "n = {nodes}\nfor image in ({image}, {other}):\n    client.jobs.create('g', 'w', 'e', 'j', {job})",
    "image = {image}\njobs = [{job} for n in [{nodes}]]\nclient.jobs.create('g', 'w', 'e', 'j', jobs[0])",
    "image, n = {image}, {nodes}\nwhile n < 3:\n"
    "    client.jobs.create('g', 'w', 'e', 'j', {job})\n    n += 1",
    "def run(n, image={image}):\n    client.jobs.create('g', 'w', 'e', 'j', {job})\n"
    "run({nodes})\nrun(n={nodes})",
    "def run(n, image={image}):\n    client.jobs.create('g', 'w', 'e', 'j', {job})\n    if n < 3:\n"
    "        run(n + 1)\nrun({nodes})",
    "def run(image, n={nodes}):\n    client.jobs.create('g', 'w', 'e', 'j', {job})\n"
    "run({image})\nrun({other})",
    "def run(n, image):\n    client.jobs.create('g', 'w', 'e', 'j', {job})\nrun(*({nodes}, {image}))",
    "run = lambda n, image: client.jobs.create('g', 'w', 'e', 'j', {job})\n"
    "run({nodes}, {image})\nrun(3, {image})",
    "settings = {{'n': {nodes}, 'image': {image}}}\ndef run(n, image):\n"
    "    client.jobs.create('g', 'w', 'e', 'j', {job})\nrun(**settings)",
    "n, image = {nodes}, {image}\nmade = {{}}\nmade[n] = {job}\nfor each in made.values():\n"
    "    client.jobs.create('g', 'w', 'e', 'j', each)",
)

# What reads configuration.json; ``Configuration(path)`` is what a program calls.
LOADERS: Sequence[str] = (
    "conf = json.load(open(path))\nself.subscription_id = conf['subscription_id']",
    "with open(path) as opened:\n    self.conf = json.load(opened)\n"
    "self.subscription_id = self.conf['subscription_id']",
    "for key, value in json.load(open(path)).items():\n    setattr(self, key, value)",
    "self.__dict__.update(json.load(open(path)))",
    "conf = json.load(open(path))\nif 'more' in conf:\n    self.subscription_id = 'x'\n    return\n"
    "self.subscription_id = conf['subscription_id']",
    "conf = json.load(open(path))\nself.subscription_id = conf['subscription_id']\n"
    "conf = conf['inner']\nself.a = conf['a']",
    "conf = json.load(open(path), object_hook=lambda d: types.SimpleNamespace(**d))\n"
    "self.subscription_id = conf.subscription_id",
    "conf = json.load(open(path))\nif set(conf) - {{'subscription_id', 'inner'}}:\n"
    "    raise ValueError(conf)\n"
    "self.subscription_id = conf['subscription_id']",
    "conf = json.load(open(path))\nself.container_registry_user = self.container_registry_password = None",
    "registry = json.load(open(path)).get('registry', {{}})\n"
    "self.container_registry_user = registry.get('user')\n"
    "self.container_registry_password = registry.get('password')",
    "try:\n    conf = json.load(open(path))\nexcept OSError:\n    conf = {{}}\n"
    "self.subscription_id = conf.get('x')",
)
_CLASSES: Sequence[str] = (
    "class Configuration:\n    def __init__(self, path):\n{body}",
    "class Configuration:\n    def __init__(self, path):\n        self.load(path)\n"
    "    def load(self, path):\n{body}",
    "class Base:\n    def __init__(self, path):\n{body}\nclass Configuration(Base):\n    pass",
    "class Configuration:\n    __slots__ = ('subscription_id', 'inner', 'a', 'conf')\n"
    "    def __init__(self, path):\n{body}",
    "class Configuration:\n    def __setattr__(self, name, value):\n"
    "        if name.startswith('container'):\n"
    "            raise AttributeError(name)\n        object.__setattr__(self, name, value)\n"
    "    def __init__(self, path):\n{body}",
)
_FUNCTION = "def Configuration(path):\n    return json.load(open(path))"
# What binds ``cfg``, and code that makes and submits the job (``{{job}}``) where it may be used.
_BOUND: Sequence[str] = (
    *(["cfg = Configuration('configuration.json')"] * 4),
    "import os\ncfg = Configuration(os.path.join(os.path.dirname(__file__), 'configuration.json'))",
    "def settings():\n    return Configuration('configuration.json')\ncfg = settings()",
    "cfg = None\nif cfg is None:\n    cfg = Configuration('configuration.json')",
    "for cfg in [Configuration('configuration.json')]:\n    pass",
    "try:\n    cfg = Configuration('configuration.json')\nexcept OSError:\n    cfg = None",
)
_USED: Sequence[str] = (
    "{cfg}\n{job}",
    "{cfg}\ndef main():\n{inner}\nmain()",
    "{cfg}\ndef main(cfg):\n{inner}\nmain(cfg)",
    "{cfg}\ndef main(cfg):\n{inner}\nmain(None)",
    "def main():\n{inner}\n{cfg}\nmain()",
    "def main():\n{inner}\nmain()\n{cfg}",
    "{cfg}\ndel cfg\n{job}",
    "{cfg}\ncfg = 1\n{job}",
    "{cfg}\ndef main():\n{inner}\n    cfg = 1\nmain()",
    "{cfg}\ndef main():\n{inner}\n    import os\nmain()",
    "{cfg}\nclass Run:\n    cfg = 1\n    def go(self):\n{deeper}\nRun().go()",
    "{job}\n{cfg}",
    "os = 1\n{cfg}\ndef main():\n{inner}\nmain()",
    "if False:\n    import os\n{job}",
    "try:\n    import os\nexcept ImportError:\n    os = None\n{job}",
)

# What reads a specification from ``job.json``, and what submits it, from another file or not.
READINGS: Sequence[str] = (
    "job = json.load(open('job.json'))",
    "with open('job.json') as opened:\n    job = json.load(opened)",
    "import pathlib\njob = json.loads(pathlib.Path('job.json').read_text())",
    "def read(path):\n    return json.loads(open(path).read())\njob = read('job.json')",
    "import os\njob = json.load(open(os.path.join(os.path.dirname(__file__), 'job.json')))",
    "PATH = 'job.json'\njob = json.load(open(PATH))",
    "import glob\njob = json.load(open(glob.glob('*.json')[0]))",
    "job = json.loads(open('job.json').read().replace('\"nodeCount\": 1', '\"nodeCount\": 3'))",
    "import re\njob = json.loads(re.sub('nodeCount.: 1', 'nodeCount\": 2', open('job.json').read()))",
)
WRITINGS: Sequence[str] = (
    "client.jobs.create('g', 'w', 'e', 'j', parameters=job)",
    "client.jobs.create('g', 'w', 'e', 'j', job)",
    "with open('job.json', 'w') as opened:\n    json.dump(job, opened)\n"
    "client.jobs.create('g', 'w', 'e', 'j', json.load(open('job.json')))",
    "json.dump(job, open('other.json', 'w'), indent=2)\nclient.jobs.create('g', 'w', 'e', 'j', job)",
)

_BLOCKS = (
    "if True:\n{body}",
    "for _ in range(1):\n{body}",
    "try:\n{body}\nexcept ZeroDivisionError:\n    pass",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n{body}",
    "try:\n    pass\nfinally:\n{body}",
    "while True:\n{body}\n    break",
    "if False:\n{body}",
)

_SHELF = """\
KEPT = []
def keep(x):
    KEPT.append(x)
def kept():
    return KEPT[-1]
def put(x, name, value):
    setattr(x, name, value)
def put_all(x, **names):
    vars(x).update(names)
def call(f, *a):
    return f(*a)
def bind(names, name, value):
    names[name] = value
class Box:
    def __init__(self, x):
        self.x = x
"""
_LATER = f"NODES = 3\nIMAGE = {OTHER}\n"


def program(seed: int) -> Mapping[str, str]:
    """Return the files of a program by path; the same for the same seed. ``main.py`` is to be run."""
    return _Writer(seed).program()


class _Writer:
    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - the programs are to be the same each time
        self._count = 0
        self._framework = self._random.choice(("cntk", "cntk", "cntk", "tensorflow"))
        self._image = repr(IMAGES[self._framework])
        self._files: dict[str, str] = {}

    def program(self) -> Mapping[str, str]:
        ways = (
            self._by_parts,
            self._by_function,
            self._by_module,
            self._by_spec,
            self._by_loader,
            self._by_file,
        )
        made = self._random.choice(ways)()
        main = "\n".join(("from azure.mgmt.batchai import models", "from farm import client", *made)) + "\n"
        helpers = {"shelf.py": _SHELF, "later.py": _LATER}
        used = {path: text for path, text in helpers.items() if path[:-3] in main}
        return {"main.py": main, **used, **self._files}

    def _filled(self, rows: Sequence[str], **parts: object) -> str:
        self._count += 1
        new = {"v": f"v{self._count}", "V": f"V{self._count}"}
        return self._random.choice(rows).format(**{**new, **parts})

    def _is(self, chance: float) -> bool:
        return self._random.random() < chance

    def _in_block(self, text: str) -> str:
        return _indented(self._random.choice(_BLOCKS), text) if self._is(0.4) else text

    def _alias(self, expression: str) -> tuple[str, str]:
        """Return lines, blank or not, and an expression that is the same object after them."""
        if self._is(0.3):
            return "pass", expression
        self._count += 1
        lines, other = self._random.choice(ALIASES)
        new = {"v": f"v{self._count}", "V": f"V{self._count}", "x": expression}
        text, found = lines.format(**new), other.format(**new)
        if self._is(0.3):
            more, found = self._alias(found)
            text = f"{text}\n{more}"
        return text, found

    def _job(self, nodes: str, image: str) -> str:
        registry = f"models.ImageSourceRegistry(image={image})"
        container = f"models.ContainerSettings(image_source_registry={registry})"
        settings = _SETTINGS[self._framework]
        return f"models.JobCreateParameters(node_count={nodes}, {settings}, container_settings={container})"

    def _names(self) -> tuple[list[str], str, str]:
        """Return lines that bind what a job needs, sometimes anew, with the expressions for both."""
        lines, nodes, image = [], "1", self._image
        if self._is(0.6):
            lines, nodes = ["NODES = 1"], "NODES"
            lines += [self._in_block(self._rebound("NODES", 3))] if self._is(0.3) else []
        if self._is(0.5):
            lines, image = [*lines, f"IMAGE = {self._image}"], "IMAGE"
            lines += [self._in_block(self._rebound("IMAGE", OTHER))] if self._is(0.3) else []
            lines += [self._in_block(self._noted("IMAGE"))] if self._is(0.4) else []
        return lines, nodes, image

    def _noted(self, name: str) -> str:
        """Return what hands a text on to something else than a job."""
        alias, found = self._alias(name)
        return f"{alias}\n{self._filled(USES, x=found)}"

    def _rebound(self, name: str, value: object) -> str:
        return self._filled(REBINDINGS, name=name, value=value)

    def _changed(self) -> str:
        """Return what changes the job, or a part of it, in whatever way; often what does not matter."""
        part, name, value = self._random.choice(
            (
                *([("", "node_count", "3")] * 3),
                ("", "container_settings", "None"),
                ("", "std_out_err_path_prefix", "'x'"),
                (".container_settings", "shm_size", "'64g'"),
                (
                    ".container_settings",
                    "image_source_registry",
                    f"models.ImageSourceRegistry(image={OTHER})",
                ),
                (".container_settings.image_source_registry", "image", OTHER),
                (".container_settings.image_source_registry", "credentials", "None"),
                (".container_settings.image_source_registry", "server_url", "'other.io'"),
            )
        )
        lines, found = self._alias("job" + part)
        return f"{lines}\n{self._filled(STORES, x=found, name=name, value=value)}"

    def _submitted(self) -> list[str]:
        changes = [self._in_block(self._changed()) for _ in range(self._random.choice((0, 1, 1, 2)))]
        form = self._random.choice(("job", "parameters=job"))
        return [*changes, f"client.jobs.create('g', 'w', 'e', 'j', {form})"]

    def _by_parts(self) -> list[str]:
        lines, nodes, image = self._names()
        if self._is(0.5):
            return [*lines, f"job = {self._job(nodes, image)}", *self._submitted()]
        made = f"settings = dict(node_count={nodes}, {_SETTINGS[self._framework]})"
        container = (
            f"models.ContainerSettings(image_source_registry=models.ImageSourceRegistry(image={image}))"
        )
        change = self._filled(ENTRIES, x="settings", name="node_count", value=3) if self._is(0.4) else "pass"
        parts = [made, self._in_block(change), f"settings['container_settings'] = {container}"]
        return [*lines, *parts, "job = models.JobCreateParameters(**settings)", *self._submitted()]

    def _by_function(self) -> list[str]:
        lines, _, image = self._names()
        make = f"def make(n=1):\n    return {self._job('n', image)}"
        call = self._filled(CALLS) if self._is(0.5) else "pass"
        name = call.split(" = make")[0] if call.startswith("v") else f"v{self._count}"
        second = f"client.jobs.create('g', 'w', 'e', 'k', {name})" if call != "pass" else "pass"
        job = self._random.choice(("make()", "make(1)", "make(n=1)"))
        body = [f"job = {job}", call, second, *self._submitted()]
        if self._is(0.4):
            body = [_indented("def main():\n{body}\nmain()", "\n".join(body))]
        return [*lines, make, *body]

    def _by_method(self) -> list[str]:
        lines, nodes, image = self._names()
        count, of = self._random.choice((nodes, "self.nodes")), self._random.choice((image, "self.image"))
        body = self._job(count, of)
        made = (
            f"class Maker:\n    nodes = 1\n    def __init__(self, image=None):\n"
            f"        self.image = image or {image}\n    def make(self):\n        return {body}"
        )
        start = self._random.choice(MAKERS)
        return [*lines, made, start, "job = maker.make()", *self._submitted()]

    def _by_loop(self) -> list[str]:
        lines, nodes, image = self._names()
        row = self._random.choice(LOOPS)
        return [*lines, row.format(job=self._job("n", "image"), nodes=nodes, image=image, other=OTHER)]

    def _by_module(self) -> list[str]:
        module = self._random.choice(("makers", "plant.makers"))
        path = f"{module.replace('.', '/')}.py"
        holder = self._random.choice(("", ".Fixed"))
        names = [f"NODES = 1\nIMAGE = {self._image}"]
        names = [_indented("class Fixed:\n{body}", names[0])] if holder else names
        inside = holder[1:] and f"{holder[1:]}."
        make = f"def make():\n    return {self._job(f'{inside}NODES', f'{inside}IMAGE')}"
        self._files[path] = "\n".join(("from azure.mgmt.batchai import models", *names, make)) + "\n"
        if "/" in path:
            self._files["plant/__init__.py"] = self._random.choice(
                (
                    "",
                    "from .makers import make\n",
                    "def __getattr__(name):\n    from . import makers\n    return getattr(makers, name)\n",
                )
            )
        imported = self._random.choice(
            (f"import {module} as m\nmake = m.make", f"from {module} import make", f"from {module} import *")
        )
        name, value = self._random.choice((("NODES", "3"), ("NODES", "3"), ("IMAGE", OTHER)))
        rows = [row for row in MODULE_STORES if not holder or "{x}" in row]
        change = self._filled(rows, m=module, x=module + holder, name=name, value=value)
        return [
            imported,
            self._in_block(change) if self._is(0.7) else "pass",
            "job = make()",
            *self._submitted(),
        ]

    def _by_spec(self) -> list[str]:
        lines, nodes, image = self._names()
        registry = f"{{'image': {image}}}"
        spec = f"'nodeCount': {nodes}, '{_KEYS[self._framework]}': {{'pythonScriptFilePath': 'a.py'}}"
        made = (
            f"job = {{'properties': {{{spec}, 'containerSettings': {{'imageSourceRegistry': {registry}}}}}}}"
        )
        changes = self._entries_changed()
        return [*lines, made, *changes, "client.jobs.create('g', 'w', 'e', 'j', parameters=job)"]

    def _entries_changed(self) -> list[str]:
        """Return what changes entries of the specification ``job``, in whatever way."""
        changes = []
        for _ in range(self._random.choice((0, 1, 1, 2))):
            part, name, value = self._random.choice(
                (
                    *([("", "nodeCount", "3")] * 2),
                    ("", "stdOutErrPathPrefix", "'x'"),
                    ("['containerSettings']", "imageSourceRegistry", f"{{'image': {OTHER}}}"),
                    ("['containerSettings']['imageSourceRegistry']", "image", OTHER),
                    ("['containerSettings']['imageSourceRegistry']", "serverUrl", "'other.io'"),
                )
            )
            alias, found = self._alias(f"job['properties']{part}")
            changes.append(
                self._in_block(f"{alias}\n{self._filled(ENTRIES, x=found, name=name, value=value)}")
            )
        return changes

    def _by_file(self) -> list[str]:
        container = {"imageSourceRegistry": {"image": IMAGES[self._framework]}}
        settings = {_KEYS[self._framework]: {"pythonScriptFilePath": "a.py"}}
        spec = {"properties": {"nodeCount": 1, **settings, "containerSettings": container}}
        self._files["job.json"] = json.dumps(spec, indent=1) + "\n"
        read, write = self._random.choice(READINGS), self._random.choice(WRITINGS)
        return ["import json", read, *self._entries_changed(), write]

    def _by_loader(self) -> list[str]:
        body = self._random.choice(LOADERS).format()
        loader = _indented(self._random.choice(_CLASSES), body, depth=8) if self._is(0.9) else _FUNCTION
        self._files["configuration.json"] = '{"subscription_id": "s", "inner": {"a": 1}}\n'
        head = "import json, types"
        if self._is(0.6):
            self._files["reading.py"] = f"{head}\n{loader}\n"
            head, loader = (
                self._random.choice(("from reading import Configuration", "from reading import *")),
                "",
            )
        job = f"job = {self._job('1', self._image)}\nclient.jobs.create('g', 'w', 'e', 'j', job)"
        used = self._random.choice(_USED).format(
            cfg=self._random.choice(_BOUND),
            job=job,
            inner=_indented("{body}", job),
            deeper=_indented("{body}", job, depth=8),
        )
        return [head, loader, used]


def _indented(block: str, text: str, depth: int = 4) -> str:
    return block.format(body="\n".join(f"{' ' * depth}{line}" for line in text.split("\n")))
