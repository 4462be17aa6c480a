/** The order of severities, and how long an exception holds. Pure. */
import { type IgnoredFinding, severities } from '../../inputs/scan-fields.ts';

/** The first moment at which the entry no longer holds, epoch milliseconds. */
export function expiresAt(entry: IgnoredFinding): number {
  return Date.parse(`${entry.until}T00:00:00Z`) + 86_400_000;
}

/** Severities no scanner of ECR orders (UNDEFINED, UNTRIAGED) count as the least. */
export function rank(severity: string): number {
  const at = (severities as readonly string[]).indexOf(severity);
  return at < 0 ? severities.length : at;
}
