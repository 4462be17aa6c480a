/** Inputs of the wait-for-window action. */
import { choice, duration, withDefault } from './field.ts';
import { type MaintenanceWindow, maintenanceWindows } from './maintenance-window.ts';
import { type ParseResult, parseFields, type RawInputs } from './parse.ts';

export interface WaitForWindowRequest {
  /** At least one. */
  readonly windows: readonly MaintenanceWindow[];
  readonly outside: 'refuse' | 'wait';
  readonly timeoutMs: number;
}

export const fields = {
  'maintenance-window': maintenanceWindows(),
  'outside-window': withDefault(choice('refuse', 'wait'), 'refuse'),
  'window-timeout': withDefault(duration(60_000, 7 * 24 * 3_600_000), 5 * 3_600_000),
};

export function parseWaitForWindow(raw: RawInputs): ParseResult<WaitForWindowRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  return {
    ok: true,
    request: {
      windows: given['maintenance-window'],
      outside: given['outside-window'],
      timeoutMs: given['window-timeout'],
    },
  };
}
