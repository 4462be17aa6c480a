/** The charts of the report page as SVG text. Pure; all text that goes in is escaped. */
import type { ActRecord, Sample, Story } from './story.ts';

const width = 960;
const left = 52;
const right = 12;
const plotWidth = width - left - right;

interface Frame {
  readonly x: (realSeconds: number) => number;
  readonly endSeconds: number;
}

function frame(story: Story): Frame {
  const endSeconds = Math.max(
    1,
    story.samples.at(-1)?.realSeconds ?? 1,
    ...story.acts.map((act) => act.endedRealSeconds),
  );
  return { endSeconds, x: (seconds) => left + (seconds / endSeconds) * plotWidth };
}

/** Requests a second by target group, stacked, with the harmed ones on top. */
export function trafficChart(story: Story): string {
  const height = 240;
  const { x, endSeconds } = frame(story);
  const rates = smooth(story.samples, story.groups.length);
  const top = niceCeiling(
    Math.max(1, ...rates.map((rate) => rate.groups.reduce((sum, value) => sum + value, 0))),
  );
  const y = (value: number): number => 30 + (1 - value / top) * (height - 60);
  const layers: string[] = [];
  const base = rates.map(() => 0);
  for (let group = 0; group < story.groups.length; group++) {
    const upper = rates.map((rate, index) => base[index]! + rate.groups[group]!);
    layers.push(
      area(
        rates.map((rate) => x(rate.at)),
        base.map(y),
        upper.map(y),
        `group${group}`,
      ),
    );
    for (let index = 0; index < base.length; index++) base[index] = upper[index]!;
  }
  layers.push(
    area(
      rates.map((rate) => x(rate.at)),
      rates.map(() => y(0)),
      rates.map((rate) => y(rate.harmed)),
      'harmed',
    ),
  );
  return svg(height, 'Requests per second by target group', [
    ...actBands(story.acts, x, 24, height - 30),
    ...grid([0, top / 2, top], y, (value) => String(Math.round(value))),
    ...layers,
    timeAxis(endSeconds, x, height),
  ]);
}

/** The production rule's weights over time, as shares of 100 %. */
export function weightChart(story: Story): string {
  const height = 170;
  const { x, endSeconds } = frame(story);
  const y = (share: number): number => 16 + (1 - share) * (height - 46);
  const lines = story.groups.map((_, group) => {
    let path = '';
    let previous: number | undefined;
    for (const sample of story.samples) {
      const share = sample.groups[group]?.share ?? 0;
      const at = x(sample.realSeconds).toFixed(1);
      if (previous === undefined) path = `M${at} ${y(share).toFixed(1)}`;
      else if (share !== previous) path += `H${at}V${y(share).toFixed(1)}`;
      previous = share;
    }
    const last = story.samples.at(-1);
    return `<path class="line group${group}" d="${path}${last === undefined ? '' : `H${x(last.realSeconds).toFixed(1)}`}"/>`;
  });
  return svg(height, 'Weights of the production rule', [
    ...actBands(story.acts, x, 12, height - 30, false),
    ...grid([0, 0.5, 1], y, (share) => `${share * 100} %`),
    ...lines,
    timeAxis(endSeconds, x, height),
  ]);
}

interface Rate {
  readonly at: number;
  readonly groups: readonly number[];
  readonly harmed: number;
}

/** Samples into one point for each half second, so that the picture does not flicker. */
function smooth(samples: readonly Sample[], groups: number): readonly Rate[] {
  const points: Rate[] = [];
  let bucket: Sample[] = [];
  const flush = (): void => {
    const span = bucket.reduce((sum, sample) => sum + sample.spanSeconds, 0);
    if (span === 0) return;
    points.push({
      at: bucket.at(-1)!.realSeconds,
      groups: Array.from(
        { length: groups },
        (_, group) => bucket.reduce((sum, sample) => sum + (sample.groups[group]?.requests ?? 0), 0) / span,
      ),
      harmed: bucket.reduce((sum, sample) => sum + sample.load.harmed + sample.load.dropped, 0) / span,
    });
    bucket = [];
  };
  for (const sample of samples) {
    bucket.push(sample);
    if (sample.realSeconds - bucket[0]!.realSeconds >= 0.4) flush();
  }
  flush();
  return points;
}

function area(
  xs: readonly number[],
  lower: readonly number[],
  upper: readonly number[],
  kind: string,
): string {
  if (xs.length === 0) return '';
  const up = xs.map((value, index) => `${value.toFixed(1)} ${upper[index]!.toFixed(1)}`);
  const down = xs.map((value, index) => `${value.toFixed(1)} ${lower[index]!.toFixed(1)}`).reverse();
  return `<path class="area ${kind}" d="M${up.join('L')}L${down.join('L')}Z"/>`;
}

function actBands(
  acts: readonly ActRecord[],
  x: (seconds: number) => number,
  top: number,
  bottom: number,
  labels = true,
): readonly string[] {
  return acts.map((act, index) => {
    const from = x(act.startedRealSeconds);
    const wide = x(act.endedRealSeconds) - from;
    const label = labels
      ? `<text class="act" x="${(from + wide / 2).toFixed(1)}" y="16">${index + 1}</text>`
      : '';
    return `<rect class="band${index % 2}" x="${from.toFixed(1)}" y="${top}" width="${wide.toFixed(1)}" height="${bottom - top}"><title>${escapeHtml(act.title)}</title></rect>${label}`;
  });
}

function grid(
  values: readonly number[],
  y: (value: number) => number,
  label: (value: number) => string,
): readonly string[] {
  return values.map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text class="tick" x="${left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${label(value)}</text>`,
  );
}

function timeAxis(endSeconds: number, x: (seconds: number) => number, height: number): string {
  const step = endSeconds > 60 ? 10 : 5;
  const ticks: string[] = [];
  for (let second = 0; second <= endSeconds; second += step) {
    ticks.push(
      `<text class="tick" x="${x(second).toFixed(1)}" y="${height - 10}" text-anchor="middle">${second} s</text>`,
    );
  }
  return ticks.join('');
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}"><title>${escapeHtml(title)}</title>${parts.join('')}</svg>`;
}

function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
