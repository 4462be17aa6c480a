/** Groups of horizontal bars as SVG, on a scale of equal factors: differences of a hundredfold stay readable. Pure. */

export interface Series {
  readonly name: string;
  /** One for each group. */
  readonly values: readonly number[];
}

const colours = ['#1a7f37', '#57ab5a', '#bf8700', '#bc4c00', '#8250df'] as const;
const width = 860;
const left = 110;
const right = 90;
const barHeight = 13;
const gap = 14;
const top = 74;

export function drawBars(title: string, groups: readonly string[], series: readonly Series[]): string {
  const most = Math.max(10, ...series.flatMap((each) => each.values));
  const decades = Math.ceil(Math.log10(most));
  // Nothing has no place on such a scale: it gets a bar of one pixel at its foot.
  const lengthOf = (value: number): number =>
    value < 1 ? 1 : Math.max(3, ((width - left - right) * Math.log10(value)) / decades);
  const groupHeight = series.length * barHeight + gap;
  const height = top + groups.length * groupHeight + 24;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="24" font-size="15" font-weight="600" fill="#1f2328">${escapeXml(title)}</text>`,
  ];
  let legendX = 12;
  series.forEach(({ name }, index) => {
    parts.push(
      `<rect x="${legendX}" y="38" width="11" height="11" fill="${colours[index % colours.length]}"/>`,
      `<text x="${legendX + 16}" y="48" fill="#1f2328">${escapeXml(name)}</text>`,
    );
    legendX += 34 + 7 * name.length;
  });
  for (let decade = 0; decade <= decades; decade++) {
    const x = left + ((width - left - right) * decade) / decades;
    parts.push(
      `<line x1="${x}" y1="${top - 8}" x2="${x}" y2="${height - 24}" stroke="#d1d9e0"/>`,
      `<text x="${x}" y="${height - 8}" text-anchor="middle" fill="#59636e">${(10 ** decade).toLocaleString('en-US')}</text>`,
    );
  }
  groups.forEach((group, row) => {
    const y = top + row * groupHeight;
    parts.push(
      `<text x="${left - 10}" y="${y + (series.length * barHeight) / 2 + 4}" text-anchor="end" fill="#1f2328">${escapeXml(group)}</text>`,
    );
    series.forEach(({ values }, index) => {
      const value = values[row] ?? 0;
      const barY = y + index * barHeight;
      const length = lengthOf(value);
      parts.push(
        `<rect x="${left}" y="${barY}" width="${length.toFixed(1)}" height="${barHeight - 2}" fill="${colours[index % colours.length]}"/>`,
        `<text x="${(left + length + 5).toFixed(1)}" y="${barY + barHeight - 3}" font-size="10.5" fill="#59636e">${value.toLocaleString('en-US')}</text>`,
      );
    });
  });
  return `${[...parts, '</svg>'].join('\n')}\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
