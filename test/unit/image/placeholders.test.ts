import { describe, expect, test } from '@jest/globals';
import { fillPlaceholders } from '../../../src/image/placeholders.ts';

const settings = { path: 'config/appsettings.json', text: '{\n  "Url": "#{URL}#",\n  "Mode": "#{MODE}#"\n}' };
const none = new Map<string, string>();

test('values go in, escaped for the kind of file; a dollar sign means nothing', () => {
  const values = new Map([
    ['URL', 'https://h/?a="$&$1"&b=<c>'],
    ['MODE', ''],
  ]);
  const files = [
    settings,
    { path: 'web.config', text: '<add url="#{URL}#"/>' },
    { path: 'app.ini', text: 'url=#{URL}#' },
  ];
  expect(fillPlaceholders(files, values, none)).toEqual({
    kind: 'filled',
    count: 4,
    files: [
      { path: settings.path, text: '{\n  "Url": "https://h/?a=\\"$&$1\\"&b=<c>",\n  "Mode": ""\n}' },
      { path: 'web.config', text: '<add url="https://h/?a=&quot;$&amp;$1&quot;&amp;b=&lt;c&gt;"/>' },
      { path: 'app.ini', text: 'url=https://h/?a="$&$1"&b=<c>' },
    ],
  });
});

test('all problems at once: a file that is missing, a value that is missing, a value that is not used', () => {
  expect(
    fillPlaceholders(
      [settings, { path: 'nowhere.json', text: undefined }],
      new Map([
        ['URL', 'x'],
        ['OTHER', 'y'],
      ]),
      none,
    ),
  ).toEqual({
    kind: 'refused',
    problems: [
      'config/appsettings.json line 3: #{MODE}# has no value.',
      'nowhere.json does not exist.',
      '#{OTHER}# is in none of the files: config/appsettings.json, nowhere.json.',
    ],
  });
});

describe('secrets', () => {
  const secrets = new Map([
    ['DB_CONNECTION_STRING', 'Host=db;Password=hunter22'],
    ['PORT', '8080'],
  ]);

  test.each(['Host=db;Password=hunter22', 'prefix Host=db;Password=hunter22 suffix'])(
    'refused with the way out, the value unsaid: %s',
    (value) => {
      const filling = fillPlaceholders(
        [settings],
        new Map([
          ['URL', value],
          ['MODE', '8080'],
        ]),
        secrets,
      );
      expect(filling.kind).toBe('refused');
      const text = JSON.stringify(filling);
      expect(text).toContain('would put the secret DB_CONNECTION_STRING into the image');
      expect(text).toContain('valueFrom');
      expect(text).not.toContain('hunter22');
    },
  );

  test('a short secret is no proof', () => {
    expect(
      fillPlaceholders(
        [settings],
        new Map([
          ['URL', '8080'],
          ['MODE', 'x'],
        ]),
        secrets,
      ).kind,
    ).toBe('filled');
  });
});
