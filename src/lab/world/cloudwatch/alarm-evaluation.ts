/**
 * From data points to an alarm's state: "M out of N" with the four treatments of missing data, by the tables
 * of the CloudWatch user guide ("Configuring how CloudWatch alarms treat missing data").
 */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/**
 * `slots` is the evaluation range, oldest first: whether the data point breaches, or undefined where it is
 * missing. Longer than `evaluationPeriods`, so that late data is still seen.
 */
export function evaluateAlarm(
  slots: readonly (boolean | undefined)[],
  evaluationPeriods: number,
  datapointsToAlarm: number,
  treatMissing: MissingData,
  current: AlarmState,
): AlarmState {
  const real = slots.filter((slot) => slot !== undefined);
  if (real.length >= evaluationPeriods) {
    // Enough data: missing points are skipped over, whatever their treatment.
    return count(real.slice(-evaluationPeriods)) >= datapointsToAlarm ? 'ALARM' : 'OK';
  }
  const breaching = count(real);
  const filled = evaluationPeriods - real.length;
  switch (treatMissing) {
    case 'breaching':
      return breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'notBreaching':
      return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'ignore':
      if (breaching >= datapointsToAlarm) return 'ALARM';
      return breaching < real.length ? 'OK' : current;
    case 'missing':
      if (real.length === 0) return 'INSUFFICIENT_DATA';
      if (breaching >= datapointsToAlarm) return 'ALARM';
      if (breaching < real.length) return 'OK';
      // Only breaching points, fewer than needed: the alarm goes on once the oldest of them is old enough.
      return slots.length - slots.indexOf(true) >= datapointsToAlarm ? 'ALARM' : current;
  }
}

function count(slots: readonly boolean[]): number {
  return slots.filter(Boolean).length;
}

/** How far back an alarm looks. AWS does not publish the number; two more periods than are evaluated. */
export function evaluationRange(evaluationPeriods: number): number {
  return evaluationPeriods + 2;
}

export type Comparison =
  | 'GreaterThanOrEqualToThreshold'
  | 'GreaterThanThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

const breaches: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

export const comparisons = Object.keys(breaches) as readonly Comparison[];

export function isBreaching(comparison: Comparison, value: number, threshold: number): boolean {
  return breaches[comparison](value, threshold);
}

const words: Readonly<Record<Comparison, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

/** StateReason in CloudWatch's words. */
export function stateReason(
  to: AlarmState,
  from: AlarmState,
  points: readonly { readonly at: number; readonly value: number }[],
  setting: {
    readonly comparison: Comparison;
    readonly threshold: number;
    readonly evaluationPeriods: number;
    readonly datapointsToAlarm: number;
  },
): string {
  const { comparison, threshold, evaluationPeriods, datapointsToAlarm } = setting;
  if (to === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${evaluationPeriods} datapoints were unknown.`;
  }
  const shown = points.slice(-evaluationPeriods);
  const wanted = to === 'ALARM';
  const matching = shown.filter((point) => isBreaching(comparison, point.value, threshold) === wanted);
  if (matching.length === 0) {
    const treated = wanted ? 'Breaching' : 'NonBreaching';
    return (
      `Threshold Crossed: no datapoints were received for ${evaluationPeriods} ` +
      `${evaluationPeriods === 1 ? 'period' : 'periods'} and ${evaluationPeriods} missing ` +
      `${evaluationPeriods === 1 ? 'datapoint was' : 'datapoints were'} treated as [${treated}].`
    );
  }
  const listed = [...matching]
    .reverse()
    .map((point) => `${decimal(point.value)} (${shortDate(point.at)})`)
    .join(', ');
  const needed = wanted ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  return (
    `Threshold Crossed: ${matching.length} out of the last ${evaluationPeriods} datapoints [${listed}] ` +
    `${matching.length === 1 ? 'was' : 'were'} ${wanted ? '' : 'not '}${words[comparison]} the threshold ` +
    `(${decimal(threshold)}) (minimum ${needed} ${needed === 1 ? 'datapoint' : 'datapoints'} for ` +
    `${from === 'INSUFFICIENT_DATA' ? (wanted ? 'OK' : 'ALARM') : from} -> ${to} transition).`
  );
}

function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function shortDate(at: number): string {
  const [date, time] = new Date(at).toISOString().split('T') as [string, string];
  const [year, month, day] = date.split('-') as [string, string, string];
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}
