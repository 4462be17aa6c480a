/**
 * How well this version behaves. A release is made bad on purpose by `behaviour.json`, by the environment
 * variable IPS_BEHAVIOUR or by the build argument BEHAVIOUR (which becomes that variable):
 *
 *   good                    as it should be
 *   crash-at-start          ends with exit code 1 before it listens
 *   slow-start:120000       listens only this many milliseconds after its start; good from then on
 *   never-healthy           /health answers 503; everything else works
 *   errors:0.2              healthy, but this share of the API's answers is 500
 *   slow:1500               healthy, but the API answers this many milliseconds late
 *   hang-route:/api/v1/imu-data   healthy, but this route never answers
 *   close-connections:0.2   healthy, but this share of the API's requests finds its connection closed
 *   one-minute-in-five:1    healthy, but in every fifth minute this share of the API's answers is 500
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const defaults = {
  good: '',
  'crash-at-start': '',
  'slow-start': '120000',
  'never-healthy': '',
  errors: '0.2',
  slow: '1500',
  'hang-route': '/api/v1/imu-data',
  'close-connections': '0.2',
  'one-minute-in-five': '1',
};

/** Amounts in milliseconds; the others are shares. */
const highestMs = { slow: 600_000, 'slow-start': 3_600_000 };

export function parseBehaviour(text) {
  const [name, ...rest] = text.trim().split(':');
  if (!Object.hasOwn(defaults, name)) {
    throw new Error(`Behaviour "${name}" is unknown; known are ${Object.keys(defaults).join(', ')}.`);
  }
  const given = rest.join(':') || defaults[name];
  if (name === 'hang-route') return { name, route: given };
  if (defaults[name] === '') return { name };
  const amount = Number(given);
  const highest = highestMs[name] ?? 1;
  if (!(amount >= 0 && amount <= highest)) {
    throw new Error(`Behaviour "${name}" takes a number from 0 to ${highest}; "${given}" is not.`);
  }
  return { name, amount };
}

export function readBehaviour(folder, env) {
  if (env.IPS_BEHAVIOUR) return parseBehaviour(env.IPS_BEHAVIOUR);
  const path = join(folder, 'behaviour.json');
  if (!existsSync(path)) return parseBehaviour('good');
  return parseBehaviour(String(JSON.parse(readFileSync(path, 'utf8')).behaviour ?? 'good'));
}

/**
 * What happens to one request to the API: `answer`, `fail` (500), `hang` or `close`, after `delayMs`.
 * Shares are met exactly, spread evenly, so that a run can be repeated.
 */
export function createTreatment(behaviour, now) {
  let credit = 0;
  const due = (share) => {
    credit += share;
    if (credit < 1 - 1e-9) return false;
    credit -= 1;
    return true;
  };
  return (path) => {
    const as = (kind, delayMs = 0) => ({ kind, delayMs });
    switch (behaviour.name) {
      case 'errors':
        return as(due(behaviour.amount) ? 'fail' : 'answer');
      case 'slow':
        return as('answer', behaviour.amount);
      case 'hang-route':
        return as(path.startsWith(behaviour.route) ? 'hang' : 'answer');
      case 'close-connections':
        return as(due(behaviour.amount) ? 'close' : 'answer');
      case 'one-minute-in-five':
        return as(Math.floor(now() / 60_000) % 5 === 4 && due(behaviour.amount) ? 'fail' : 'answer');
      default:
        return as('answer');
    }
  };
}
