'use strict';
// Loaded with `node --require` into processes that live in the lab's time: the action bundles and, with
// `date-only`, the tasks. LAB_CLOCK="<epochRealMs>:<epochVirtualMs>:<scale>[:date-only]". Child processes
// inherit it as long as they inherit NODE_OPTIONS and LAB_CLOCK. CommonJS: it has to run before anything.
// Network deadlines stay real: AbortSignal.timeout has a floor, fetch keeps its own beat, and sockets use
// timers inside Node that nothing here touches.

const deadlineFloorMs = 2500;
const longestTimerMs = 2 ** 31 - 1;
/** The beat of undici's (and so fetch's) network deadlines: scaled, a connection would have 0.2 s to open. */
const undiciTickMs = 499;
const installed = Symbol.for('lab.clock');

install(process.env.LAB_CLOCK);

function install(setting) {
  if (setting === undefined || setting === '' || globalThis[installed]) return;
  const [epochRealMs, epochVirtualMs, scale] = setting.split(':', 3).map(Number);
  const mode = setting.split(':')[3] ?? 'full';
  const known = mode === 'full' || mode === 'date-only';
  if (!Number.isFinite(epochRealMs) || !Number.isFinite(epochVirtualMs) || !(scale > 0) || !known) {
    process.stderr.write(
      `LAB_CLOCK is "${setting}"; it must be <epochRealMs>:<epochVirtualMs>:<scale>[:date-only].\n`,
    );
    process.exit(1);
  }
  Object.defineProperty(globalThis, installed, { value: { epochRealMs, epochVirtualMs, scale, mode } });
  scaleDate(epochRealMs, epochVirtualMs, scale);
  if (mode === 'date-only') return;
  scaleMonotonicClock(scale);
  scaleTimers(scale);
  scaleDeadlines(scale);
}

function scaleDate(epochRealMs, epochVirtualMs, scale) {
  const RealDate = Date;
  const realNow = RealDate.now.bind(RealDate);
  const now = () => Math.floor(epochVirtualMs + (realNow() - epochRealMs) * scale);
  function ScaledDate(...args) {
    if (new.target === undefined) return new RealDate(now()).toString();
    const target = new.target === ScaledDate ? RealDate : new.target;
    return Reflect.construct(RealDate, args.length === 0 ? [now()] : args, target);
  }
  Object.setPrototypeOf(ScaledDate, RealDate);
  Object.defineProperties(ScaledDate, {
    name: { value: 'Date', configurable: true },
    length: { value: 7, configurable: true },
    prototype: { value: RealDate.prototype, writable: false, enumerable: false },
    now: { value: now, writable: true, configurable: true },
    parse: { value: RealDate.parse, writable: true, configurable: true },
    UTC: { value: RealDate.UTC, writable: true, configurable: true },
  });
  Object.defineProperty(RealDate.prototype, 'constructor', {
    value: ScaledDate,
    writable: true,
    configurable: true,
  });
  Object.defineProperty(globalThis, 'Date', { value: ScaledDate, writable: true, configurable: true });
}

function scaleMonotonicClock(scale) {
  const { performance } = require('node:perf_hooks');
  const realNow = performance.now.bind(performance);
  Object.defineProperty(performance, 'now', {
    value: () => realNow() * scale,
    writable: true,
    configurable: true,
  });
  const origin = performance.timeOrigin;
  const { epochRealMs, epochVirtualMs } = globalThis[installed];
  Object.defineProperty(performance, 'timeOrigin', {
    value: epochVirtualMs + (origin - epochRealMs) * scale,
    configurable: true,
  });
}

/** Node makes 1 ms of anything below; here it stays a fraction, rounded so that time never runs ahead. */
function scaledDelay(delay, scale) {
  const asked = Number(delay);
  if (asked === undiciTickMs) return asked;
  if (!(asked >= 1)) return 1;
  return Math.min(longestTimerMs, Math.max(1, Math.ceil(Math.min(asked, longestTimerMs) / scale)));
}

function scaleTimers(scale) {
  const timers = require('node:timers');
  const promises = require('node:timers/promises');
  const util = require('node:util');
  const custom = util.promisify.custom;
  const { setTimeout: realSetTimeout, setInterval: realSetInterval } = timers;
  const real = {
    setTimeout: promises.setTimeout,
    setInterval: promises.setInterval,
    wait: promises.scheduler.wait.bind(promises.scheduler),
  };

  function setTimeout(callback, delay, ...args) {
    return realSetTimeout(callback, scaledDelay(delay, scale), ...args);
  }
  function setInterval(callback, delay, ...args) {
    return realSetInterval(callback, scaledDelay(delay, scale), ...args);
  }
  const sleep = (delay, value, options) => real.setTimeout(scaledDelay(delay, scale), value, options);
  const ticks = (delay, value, options) => real.setInterval(scaledDelay(delay, scale), value, options);
  const wait = (delay, options) => real.wait(scaledDelay(delay, scale), options);
  Object.defineProperty(setTimeout, custom, { value: sleep, configurable: true });

  for (const owner of [globalThis, timers]) {
    for (const [name, value] of Object.entries({ setTimeout, setInterval })) {
      Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: true });
    }
  }
  promises.setTimeout = sleep;
  promises.setInterval = ticks;
  Object.defineProperty(promises.scheduler, 'wait', { value: wait, writable: true, configurable: true });
  // ES modules that import the built-ins by name see the new functions only after this.
  require('node:module').syncBuiltinESMExports();
}

// Not by Node's own AbortSignal.timeout: that goes through node:timers, which is scaled by now.
function scaleDeadlines(scale) {
  const { setTimeout: scaledSetTimeout } = globalThis;
  const realTimeout = AbortSignal.timeout.bind(AbortSignal);
  Object.defineProperty(AbortSignal, 'timeout', {
    value: (delay) => {
      const asked = Number(delay);
      if (!(asked >= 0) || asked > Number.MAX_SAFE_INTEGER) return realTimeout(delay);
      const realMs = Math.max(asked / scale, Math.min(asked, deadlineFloorMs));
      const controller = new AbortController();
      const expire = () =>
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      scaledSetTimeout(expire, realMs * scale).unref();
      return controller.signal;
    },
    writable: true,
    configurable: true,
  });
}
