/** When a deployment may begin, and what it must not take back: fields that both strategies have. */
import { tokenField } from './announce-fields.ts';
import { bool, choice, duration, withDefault } from './field.ts';
import { type MaintenanceWindow, maintenanceWindows } from './maintenance-window.ts';
import type { InputProblem } from './parse.ts';

export interface Maintenance {
  /** None: at any time. */
  readonly windows: readonly MaintenanceWindow[];
  readonly outside: 'wait' | 'refuse';
  /** How long a window may be waited for. */
  readonly timeoutMs: number;
}

const hour = 3_600_000;

export const beginFields = {
  'maintenance-window': withDefault(maintenanceWindows(), []),
  'outside-window': withDefault(choice('refuse', 'wait'), 'refuse'),
  'window-timeout': withDefault(duration(60_000, 7 * 24 * hour), 5 * hour),
  'guard-stale': withDefault(bool(), true),
  ...tokenField,
  schema: withDefault(choice('compatible', 'breaking'), 'compatible'),
};

interface WindowGiven {
  readonly 'maintenance-window': readonly MaintenanceWindow[];
  readonly 'outside-window': 'wait' | 'refuse';
  readonly 'window-timeout': number;
}

export function maintenanceOf(given: WindowGiven): Maintenance {
  return {
    windows: given['maintenance-window'],
    outside: given['outside-window'],
    timeoutMs: given['window-timeout'],
  };
}

/** What does not fit together. */
export function maintenanceProblems(given: WindowGiven): readonly InputProblem[] {
  if (given['outside-window'] !== 'wait' || given['maintenance-window'].length > 0) return [];
  return [
    {
      input: 'outside-window',
      given: 'wait',
      allowed: 'wait beside maintenance-window, which is not given',
    },
  ];
}
