"""Small programs without Spark that ask how they are run, print by other ways than ``print``, or end unusually.

Each is the text of a script. They print nothing that differs between two plain runs.
"""

from __future__ import annotations

PROGRAMS: dict[str, str] = {
    # -- what a program sees of itself
    "main_attributes": """
        import sys
        main = sys.modules["__main__"]
        print(sorted(name for name in vars(main) if name.startswith("__")), main is sys.modules[__name__])
        print(__name__, __file__.rsplit("/", 1)[-1], __spec__, __package__, __doc__, type(__loader__).__name__)
        print(type(__builtins__).__name__, __annotations__ if sys.version_info < (3, 14) else {})
    """,
    "annotations": """
        import sys
        x: int = 3
        print(sys.modules["__main__"].__annotations__)
    """,
    "docstring": """
        '''What this does.'''
        print(__doc__)
    """,
    "arguments": "import sys; print(sys.argv, len(sys.argv), sys.argv[0])",
    "path": """
        import os, sys
        print([os.path.basename(entry) for entry in sys.path])
        print(sys.path[0] == os.path.dirname(os.path.abspath(__file__)))
    """,
    "executable": "import sys; print(sys.executable == sys.orig_argv[0] or True, sys.flags, sys.warnoptions)",
    "threads": """
        import threading
        print(threading.active_count(), [thread.name for thread in threading.enumerate()])
        print(threading.current_thread() is threading.main_thread())
    """,
    "logging_root": """
        import logging
        print(logging.root.handlers, logging.root.level)
        logging.basicConfig(format="%(levelname)s %(filename)s:%(lineno)d %(funcName)s %(message)s")
        logging.warning("one")
        def named(): logging.getLogger("x").error("two")
        named()
    """,
    "logging_stacklevel": """
        import logging, sys
        logging.basicConfig(stream=sys.stdout, format="%(filename)s:%(lineno)d %(funcName)s %(message)s")
        def helper(text): logging.error(text, stacklevel=2)
        def caller(): helper("who")
        caller()
    """,
    "logging_disabled": """
        import logging, logging.config
        logging.config.dictConfig({"version": 1, "disable_existing_loggers": True})
        logging.disable(logging.CRITICAL)
        logging.error("not seen")
        print(logging.root.manager.disable)
    """,
    "hooks": """
        import sys, threading
        print(sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__)
        print(sys.unraisablehook is sys.__unraisablehook__, threading.excepthook.__name__)
        print(sys.gettrace(), sys.getprofile(), threading._trace_hook, threading._profile_hook)
    """,
    "streams": """
        import sys
        print(sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__, sys.stdin is sys.__stdin__)
        print(sys.stdout.encoding, sys.stdout.errors, sys.stdout.line_buffering, sys.stderr.line_buffering)
    """,
    "signal_handlers": """
        import signal
        for each in sorted(signal.valid_signals()):
            print(each, signal.getsignal(each))
    """,
    "garbage": "import gc; print(gc.isenabled(), gc.get_threshold(), gc.callbacks, gc.get_debug())",
    "switches": """
        import sys, os
        print(sys.getrecursionlimit(), sys.getswitchinterval(), sys.dont_write_bytecode, os.umask(0o22))
        print(sys.flags.hash_randomization, sys.float_repr_style, sys.getfilesystemencoding())
    """,
    "environment": """
        import os
        print(sorted(set(os.environ) - {"_", "OLDPWD", "SHLVL", "PWD", "LC_CTYPE"}))
    """,
    "locale": "import locale; print(locale.setlocale(locale.LC_ALL), locale.getpreferredencoding(False))",
    "introspection": """
        import inspect, sys
        def f(a, b=2, *c, d, **e):
            '''doc'''
            frame = inspect.currentframe()
            return frame.f_code.co_name, frame.f_back.f_code.co_name, frame.f_lineno
        print(f(1, d=3), inspect.signature(f), inspect.getsource(f).strip()[:20], inspect.getmodule(f).__name__)
        print(inspect.getfile(f).rsplit("/", 1)[-1], f.__module__, f.__qualname__, f.__globals__ is globals())
    """,
    "patched_names": """
        import sys, threading, concurrent.futures, multiprocessing.pool
        for owner, name in ((sys, "exit"), (threading.Thread, "start"), (threading.Thread, "run"),
                            (concurrent.futures.ThreadPoolExecutor, "submit")):
            value = getattr(owner, name)
            print(name, value.__module__, value.__qualname__, type(value).__name__, value.__doc__ is None)
            print(getattr(value, "__defaults__", None), getattr(value, "__kwdefaults__", None))
    """,
    "pickle_signature": """
        import inspect, threading, concurrent.futures as futures
        print(inspect.signature(threading.Thread.start), inspect.signature(futures.ThreadPoolExecutor.submit))
        print(inspect.getsource(threading.Thread.start)[:40], inspect.getsourcefile(threading.Thread.start)[-12:])
    """,
    # -- warnings
    "warning": """
        import warnings
        warnings.warn("first")
        warnings.warn("first")
        def old(): warnings.warn("old", DeprecationWarning, stacklevel=2)
        old()
        old()
    """,
    "warning_filters": """
        import warnings
        print([each[:1] + each[2:] for each in warnings.filters])
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            warnings.warn("x", UserWarning)
        print([(str(each.message), each.lineno) for each in seen], "__warningregistry__" in globals())
    """,
    "warning_error": "import warnings; warnings.simplefilter('error'); warnings.warn('boom')",
    "warning_resource": """
        import warnings, gc
        warnings.simplefilter("always")
        def leak(): open(__file__)
        leak()
        gc.collect()
    """,
    "escape_warning": "print('\\\\d')\nimport re\nprint(re.sub('\\d', 'x', 'a1'))",
    # -- ends
    "ends_normally": "print('done')",
    "empty": "",
    "exit_number": "import sys; sys.exit(7)",
    "exit_text": "import sys; sys.exit('why')",
    "exit_none": "import sys; sys.exit()",
    "exit_large": "import sys; sys.exit(300)",
    "exit_object": "raise SystemExit({'a': 1})",
    "exit_quit": "quit(4)",
    "exit_hard": "import os; print('x', flush=True); os._exit(9)",
    "exit_in_function": """
        import sys
        def stop(): sys.exit(3)
        try: stop()
        except SystemExit as e: print("caught", e.code)
        stop()
    """,
    "raises": """
        def f(x):
            return 1 / x
        f(0)
    """,
    "raises_chained": """
        def f():
            try: {}["a"]
            except KeyError as e: raise ValueError("outer") from e
        f()
    """,
    "raises_context": """
        try: 1 / 0
        except ZeroDivisionError: raise KeyError("x")
    """,
    "raises_note": """
        e = ValueError("x")
        if hasattr(e, "add_note"): e.add_note("a note")
        raise e
    """,
    "raises_group": """
        import sys
        if sys.version_info >= (3, 11):
            raise ExceptionGroup("many", [ValueError(1), TypeError(2)])
        raise ValueError(1)
    """,
    "raises_unprintable": """
        class Bad(Exception):
            def __str__(self): raise RuntimeError("no text")
        raise Bad()
    """,
    "raises_syntax": "def f(:\n    pass",
    "raises_indentation": "if 1:\nprint(2)",
    "raises_import": "import no_such_module_at_all",
    "raises_deep": """
        def f(n): return f(n + 1)
        try: f(0)
        except RecursionError as e: print(type(e).__name__)
    """,
    "raises_interrupt": "raise KeyboardInterrupt",
    "raises_generator_exit": "raise GeneratorExit('g')",
    "raises_base": "class B(BaseException): pass\nraise B('b')",
    "excepthook": """
        import sys, traceback
        def hook(kind, error, tb):
            print("hook", kind.__name__, error, [f.name for f in traceback.extract_tb(tb)])
        sys.excepthook = hook
        def f(): raise ValueError("v")
        f()
    """,
    "excepthook_fails": """
        import sys
        def hook(*words): raise RuntimeError("in the hook")
        sys.excepthook = hook
        raise ValueError("v")
    """,
    "traceback_printed": """
        import traceback
        def f(): raise ValueError("v")
        try: f()
        except ValueError as e:
            traceback.print_exc()
            print(traceback.format_exception(type(e), e, e.__traceback__))
            print([entry.lineno for entry in traceback.extract_tb(e.__traceback__)])
    """,
    "last_error": """
        import atexit, sys
        atexit.register(lambda: print(type(sys.last_value).__name__, sys.last_traceback.tb_lineno))
        raise ValueError("x")
    """,
    "atexit_order": """
        import atexit
        for n in range(3): atexit.register(print, "atexit", n)
        @atexit.register
        def last(): print("last first", __name__, "__file__" in globals())
        print(atexit._ncallbacks() >= 4)
    """,
    "atexit_raises": """
        import atexit
        def bad(): raise ValueError("at exit")
        atexit.register(bad)
        print("body")
    """,
    "atexit_exits": """
        import atexit, sys
        atexit.register(lambda: sys.exit(5))
        print("body")
    """,
    "finalizers": """
        import weakref
        class A:
            def __del__(self): print("del")
        a = A()
        weakref.finalize(a, print, "finalized")
        b = A()
        del b
        print("end")
    """,
    "threads_at_end": """
        import threading, time
        def late():
            time.sleep(0.2)
            print("late", threading.current_thread().name, threading.main_thread().is_alive())
        threading.Thread(target=late).start()
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        print("main done")
    """,
    "thread_raises": """
        import threading
        def bad(): raise ValueError("in a thread")
        t = threading.Thread(target=bad, name="mine")
        t.start(); t.join()
        print(t)
    """,
    "thread_excepthook": """
        import threading
        threading.excepthook = lambda args: print("hook", args.exc_type.__name__, args.thread.name)
        def bad(): 1 / 0
        t = threading.Thread(target=bad, name="mine"); t.start(); t.join()
    """,
    "thread_without_frame": """
        import _thread, time
        done = []
        _thread.start_new_thread(done.append, (1,))
        _thread.start_new_thread(int, ("7",))
        while not done: time.sleep(0.01)
        lock = _thread.allocate_lock(); lock.acquire()
        _thread.start_new_thread(lock.release, ())
        lock.acquire()
        print("joined")
    """,
    "thread_of_c": """
        import ctypes, threading
        def body(argument):
            import sys
            print("in C's thread", sys._getframe().f_back, threading.current_thread().name.split("-")[0])
            started = threading.Thread(target=print, args=("child",)); started.start(); started.join()
            return 0
        kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
        called = kind(body)
        libc = ctypes.CDLL(None)
        handle = ctypes.c_ulong()
        libc.pthread_create(ctypes.byref(handle), None, called, None)
        libc.pthread_join.argtypes = [ctypes.c_ulong, ctypes.c_void_p]
        libc.pthread_join(handle, None)
        print("done")
    """,
    "thread_started_by_method": """
        import threading
        starter = threading.Thread.start
        t = threading.Thread(target=print, args=("x",))
        starter(t); t.join()
        class Mine(threading.Thread):
            def start(self): print("mine"); super().start()
            def run(self): print("run")
        m = Mine(); m.start(); m.join()
        timer = threading.Timer(0.01, print, ["timer"]); timer.start(); timer.join()
    """,
    "pool": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as pool:
            print(list(pool.map(lambda x: x * x, range(5))))
            future = pool.submit(int, "x")
            try: future.result()
            except ValueError as e: print(e, len(__import__("traceback").extract_tb(e.__traceback__)))
    """,
    "asynchronous": """
        import asyncio
        async def f(n):
            await asyncio.sleep(0.01); return n
        async def main(): print(await asyncio.gather(f(1), f(2)), asyncio.current_task().get_name())
        asyncio.run(main())
    """,
    "context_variables": """
        import contextvars, threading
        v = contextvars.ContextVar("v", default=0); v.set(3)
        print(sorted(var.name for var in contextvars.copy_context()))
        threading.Thread(target=lambda: print(v.get())).start()
    """,
    # -- signals and processes
    "signal_handled": """
        import os, signal
        signal.signal(signal.SIGUSR1, lambda number, frame: print("got", number, frame.f_code.co_name))
        os.kill(os.getpid(), signal.SIGUSR1)
        print("after")
    """,
    "signal_alarm": """
        import signal, time
        class Late(Exception): pass
        def late(number, frame): raise Late()
        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try: time.sleep(10)
        except Late: print("late")
    """,
    "signal_terminates": "import os, signal; print('x', flush=True); os.kill(os.getpid(), signal.SIGTERM)",
    "signal_kills": "import os, signal; print('x', flush=True); os.kill(os.getpid(), signal.SIGKILL)",
    "signal_interrupts": "import os, signal; print('x', flush=True); os.kill(os.getpid(), signal.SIGINT)",
    "signal_to_exit": """
        import os, signal, sys
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(11))
        os.kill(os.getpid(), signal.SIGTERM)
    """,
    "abort": "import os; print('x', flush=True); os.abort()",
    "faulthandler": "import faulthandler; print(faulthandler.is_enabled())",
    "fork": """
        import os, sys
        pid = os.fork()
        if pid == 0:
            print("child", flush=True); sys.exit(3)
        print("parent", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """,
    "fork_bare_wait": """
        import os, time
        time.sleep(0.3)
        pid = os.fork()
        if pid == 0: os._exit(4)
        found, status = os.wait()
        print(found == pid, os.waitstatus_to_exitcode(status))
        try: os.wait()
        except ChildProcessError as e: print(type(e).__name__)
    """,
    "bare_wait_at_once": """
        import os
        try: print(os.wait())
        except ChildProcessError as e: print(type(e).__name__)
    """,
    "fork_raises": """
        import os
        pid = os.fork()
        if pid == 0: raise ValueError("child")
        os.waitpid(pid, 0); print("parent")
    """,
    "multiprocessing_spawn": """
        import multiprocessing
        def square(n): return n * n
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            with context.Pool(2) as pool: print(pool.map(square, range(4)))
    """,
    "multiprocessing_fork": """
        import multiprocessing
        def square(n): return n * n
        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(2) as pool: print(pool.map(square, range(4)))
            queue = multiprocessing.get_context("fork").Queue()
            p = multiprocessing.get_context("fork").Process(target=queue.put, args=(5,)); p.start()
            print(queue.get(), p.join(), p.exitcode)
    """,
    "process_pool": """
        from concurrent.futures import ProcessPoolExecutor
        def f(n): return n + 1
        if __name__ == "__main__":
            with ProcessPoolExecutor(2) as pool: print(list(pool.map(f, range(3))))
    """,
    "subprocess": """
        import subprocess, sys
        text = "import sys; print(len(sys.argv)); sys.exit(2)"
        done = subprocess.run([sys.executable, "-c", text], capture_output=True)
        print(done.returncode, done.stdout)
        print(subprocess.run([sys.executable, "-c", "import sys; print('spark_lineage' in sys.modules)"],
                             capture_output=True, text=True).stdout)
    """,
    "exec": "import os, sys; sys.stdout.flush(); os.execv(sys.executable, [sys.executable, '-c', 'print(5)'])",
    "daemon": """
        import os, sys, time
        print("start", flush=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                open("from_daemon", "w").write("x")
            os._exit(0)
        os.wait(); time.sleep(0.3)
        print("end")
    """,
    # -- pickling, modules, encodings
    "pickle_main": """
        import pickle
        class A:
            def __init__(self): self.x = 1
        def f(): pass
        print(pickle.loads(pickle.dumps(A())).x, pickle.loads(pickle.dumps(f)) is f, A.__module__)
    """,
    "import_itself": """
        import sys
        print(__name__)
        if __name__ == "__main__":
            import p
            print(p.__name__, p is sys.modules["__main__"])
    """,
    "reimport": """
        import importlib, helper, sys
        print(helper.N, importlib.reload(helper) is helper, helper.__spec__.name, helper.__file__.rsplit("/", 1)[-1])
        print("helper" in sys.modules, sorted(__import__("os").listdir("__pycache__")) != [])
    """,
    "runs_path": """
        import runpy
        print(sorted(runpy.run_path("helper.py"))[-1], runpy.run_path("helper.py", run_name="__main__")["__name__"])
    """,
    "path_hooks": """
        import sys
        print([getattr(each, "__name__", type(each).__name__) for each in sys.meta_path][-3:], len(sys.path_hooks))
    """,
    "encoding_latin": "# -*- coding: latin-1 -*-\nprint(len('\u00e9'))",
    "encoding_unknown": "# -*- coding: nothing-known -*-\nprint(1)",
    "encoding_bom": "\ufeffprint('bom')",
    "encoding_bytes": "import sys; sys.stdout.buffer.write(b'\\xff\\x00raw'); sys.stdout.flush()",
    "unicode": "print('\u00e4\u20ac\U0001f600', '\u202e')",
    "surrogates": "print('\\udc80')",
    "nul_byte": "print(1)\x00",
    "tabs": "if 1:\n\tprint('tab')\n        \nprint('x')",
    "crlf": "print('a')\r\nprint('b')\r\n",
    # -- streams
    "no_newline": "import sys; sys.stdout.write('no newline'); sys.stderr.write('err')",
    "stdin": "import sys; print(repr(sys.stdin.read()), sys.stdin.isatty())",
    "closed_stdout": "import sys; sys.stdout.close()",
    "closed_stderr": "import sys; sys.stderr.close(); print('x')",
    "closed_descriptors": "import os; print('x', flush=True); os.close(1); os.close(2)",
    "closed_many": "import os; os.closerange(3, 64); print('x')",
    "replaced_stdout": """
        import io, sys
        sys.stdout = io.StringIO(); print("hidden")
        text = sys.stdout.getvalue(); sys.stdout = sys.__stdout__; print(repr(text))
    """,
    "stderr_and_stdout": "import sys\nfor n in range(5): print(n); print(n, file=sys.stderr)",
    "descriptor_of_file": """
        import os
        first = os.open(__file__, os.O_RDONLY); second = os.dup(first)
        print(second - first, os.get_inheritable(first))
    """,
    "big_output": "print('x' * 200000)",
    "files": """
        import os, pathlib
        pathlib.Path("out.txt").write_text("written"); os.mkdir("sub"); pathlib.Path("sub/a").write_bytes(b"1")
        os.rename("sub/a", "sub/b"); os.symlink("b", "sub/c")
    """,
    "changes_folder": "import os; os.mkdir('d'); os.chdir('d'); open('f', 'w').close(); print(os.getcwd()[-2:])",
    "removes_folder": """
        import os, tempfile
        d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)
        try: os.getcwd()
        except FileNotFoundError as e: print(type(e).__name__)
    """,
    "pandas_in_namespaces": """
        import pandas as pd
        def load(limit): return pd.DataFrame({"a": range(limit)})
        def clean(frame): return frame[frame["a"] > 2]
        class Report:
            limit = 10
            rows = clean(load(limit))
            total = len(rows)
        print(Report.total, Report.limit, sorted(name for name in vars(Report) if not name.startswith("__")))
        space = {"limit": 7}
        exec("x = clean(load(limit))\\ny = len(x)\\nz = limit + y", globals(), space)
        print(sorted(space), space["z"])
        def inner(k):
            space = {}
            exec("q = clean(load(k))\\nr = len(q)", {**globals(), "k": k}, space)
            return sorted(space)
        print(inner(5))
    """,
    "pandas_by_names_of_the_caller": """
        import sys
        import pandas as pd
        def tables(*names):
            found = sys._getframe(1).f_locals
            return [len(found[name].query("a > 0")) for name in names]
        def load(limit): return pd.DataFrame({"a": range(limit)})
        def report(first, second):
            limit = 1
            third = load(limit)
            return tables("first", "second", "third"), limit
        print(report(load(5), load(6)))
    """,
    "pandas_in_a_removed_folder": """
        import os, tempfile
        import pandas as pd
        def handed_over(spark, frame): return spark.createDataFrame(frame)  # so pandas is followed
        exec(compile("def use(frame):\\n    return (frame['a'] + 1).tolist()", "relative.py", "exec"))
        d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)
        print(use(pd.DataFrame({"a": [1, 2]})))
    """,
    "umask": "import os; os.umask(0o077); open('private', 'w').close(); print(oct(os.stat('private').st_mode))",
    "limit_of_files": """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        print("small")
    """,
    "limit_of_memory": """
        import resource
        print(resource.getrlimit(resource.RLIMIT_NOFILE) == resource.getrlimit(resource.RLIMIT_NOFILE))
        resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
        print("few")
    """,
    # -- what programs do to modules that we use
    "patches_time": "import time; time.time = lambda: 0.0; time.sleep = None; print(time.time())",
    "patches_json": "import json, uuid, os; json.dumps = None; uuid.uuid4 = None; os.fsync = None; print('x')",
    "patches_open": "import builtins; builtins.open = None; print('no open')",
    "patches_print": "import builtins; builtins.print = lambda *w: __import__('sys').stdout.write('mine\\n'); print(1)",
    "patches_import": """
        import builtins
        original, seen = builtins.__import__, []
        def tracing(name, *words, **more):
            seen.append(name); return original(name, *words, **more)
        builtins.__import__ = tracing
        import string
        print("string" in seen, "spark_lineage" in str(seen))
    """,
    "removes_modules": "import sys; [sys.modules.pop(n, None) for n in ('json', 'uuid', 'logging')]; print(1)",
    "clears_path": "import sys; sys.path.clear(); print(sys.path)",
    "audit": """
        import sys
        seen = []
        sys.addaudithook(lambda event, words: seen.append(event) if event == "mine" else None)
        sys.audit("mine"); print(seen)
    """,
    "tracing": """
        import sys
        seen = []
        def trace(frame, event, argument):
            if frame.f_code.co_filename == __file__: seen.append((event, frame.f_lineno))
            return trace
        sys.settrace(trace)
        def f(): return 1
        f()
        sys.settrace(None)
        print(seen)
    """,
    "profiling": """
        import cProfile, pstats, io
        profile = cProfile.Profile()
        profile.runcall(sorted, [3, 1])
        print(sorted(name for _, _, name in pstats.Stats(profile, stream=io.StringIO()).stats))
    """,
    "memory_tracing": "import tracemalloc; print(tracemalloc.is_tracing())",
    "parses": """
        import ast, threading
        def parse():
            for _ in range(300): ast.parse("x = [1, (2, 3), {4: f(5)}]\\n" * 5)
        workers = [threading.Thread(target=parse) for _ in range(2)]
        parse()
        print("parsed")
    """,
    "code_of_itself": """
        import dis, sys
        code = compile("1 + x", "n", "eval")
        print([i.opname for i in dis.get_instructions(code)][-1], eval(code, {"x": 2}))
        print(sys._getframe().f_code.co_name, sys._getframe().f_lineno, sys._getframe().f_globals is globals())
    """,
    "namespace": """
        print(sorted(name for name in globals() if not name.startswith("__")))
        exec("y = 3"); print(y, "y" in globals())
        print(sorted(name for name in vars(__builtins__) if name.startswith("spark")))
    """,
    "decimal_and_random": """
        import decimal, random
        print(decimal.getcontext()); random.seed(1); print(random.random())
    """,
    "sockets": """
        import socket
        print(socket.getdefaulttimeout())
        a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1)); a.close(); b.close()
    """,
    "interactive_names": "import sys; print(hasattr(sys, 'ps1'), hasattr(sys, 'last_value'))",
    "open_nothing": "print(open)",
    "generator_left_open": """
        def g():
            try: yield 1
            finally: print("closed")
        it = g(); next(it)
        print("end")
    """,
}

# What of us cannot be hidden from a program: see docs/do-no-harm.md. These differ, and only these may.
SEEN = {
    "meta_path": "import sys; print(len(sys.meta_path))",
    "stack": "import inspect; print(len(inspect.stack()))",
    "warning_above_the_program": "import warnings; warnings.warn('x', stacklevel=2)",
}

WAITS = """
    import os, time
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        try: print(os.wait())
        except ChildProcessError: pass
    print("nobody")
"""

# What another program shows nearly as well: each costs about a second.
REPEATED = set(
    "annotations docstring executable garbage locale patched_names warning_error escape_warning empty exit_none "
    "exit_large exit_object exit_quit raises_context raises_note raises_unprintable "
    "raises_indentation raises_import raises_deep "
    "raises_generator_exit raises_base excepthook_fails last_error atexit_exits thread_excepthook "
    "thread_started_by_method context_variables signal_alarm signal_kills faulthandler fork_raises process_pool daemon "
    "runs_path encoding_bom encoding_latin unicode tabs crlf closed_stderr closed_many replaced_stdout "
    "stderr_and_stdout big_output changes_folder umask patches_print audit profiling memory_tracing code_of_itself "
    "decimal_and_random sockets interactive_names open_nothing generator_left_open".split()
)

# Programs that are started in other ways too: what differs there is argv, __main__, the path, signals and how they end.
# The others are started by the console script alone; `make test-slow` starts those of REPEATED in every way.
OTHER_WAYS = {
    "module": REPEATED
    | set(
        "main_attributes arguments path environment threads signal_handlers raises exit_in_function signal_interrupts "
        "multiprocessing_spawn pickle_main import_itself".split()
    ),
    "start-up file": REPEATED - {"patched_names"}  # sys.exit is a function there: see docs/do-no-harm.md
    | set(
        "main_attributes arguments path hooks streams threads logging_root warning_filters signal_handlers exit_number "
        "exit_text exit_in_function exit_hard raises raises_group raises_syntax raises_interrupt excepthook "
        "atexit_order thread_raises signal_interrupts signal_to_exit fork fork_bare_wait multiprocessing_spawn "
        "import_itself removes_modules clears_path patches_import pool asynchronous".split()
    ),
}
