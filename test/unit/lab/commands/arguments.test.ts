import { describe, expect, test } from '@jest/globals';
import { parseCommandLine } from '../../../../src/lab/commands/arguments.ts';

const scenarios = ['full', 'errors'];
const parse = (line: string) => parseCommandLine(line.split(' ').filter(Boolean), scenarios);

test('the defaults of npm start', () => {
  expect(parse('start')).toEqual({
    ok: true,
    settings: {
      command: 'start',
      scenario: 'full',
      seed: 1,
      scale: 60,
      requestsPerSecond: 200,
      tasks: 'auto',
      reportFile: 'lab-report.html',
    },
  });
});

test('the defaults of npm run lab', () => {
  expect(parse('lab')).toEqual({
    ok: true,
    settings: {
      command: 'lab',
      port: 4566,
      listenerPort: 8080,
      seed: 1,
      scale: 60,
      tasks: 'auto',
      faultsFile: undefined,
      taskStart: undefined,
    },
  });
});

describe('a bad flag gives one line that says what is allowed', () => {
  test.each([
    ['start --sceanrio x', "Unknown option '--sceanrio': --help lists the options."],
    ['start --scenario nope', '--scenario "nope" is not one of full, errors.'],
    ['start --seed -1', "Option '--seed' argument is ambiguous: --help lists the options."],
    ['start --scale 9', '--scale "9" is not a whole number from 10 to 300.'],
    [
      'start --scale 301 --rate 0',
      '--scale "301" is not a whole number from 10 to 300; --rate "0" is not a whole number from 1 to 1000.',
    ],
    ['lab --port 65536', '--port "65536" is not a whole number from 0 to 65535.'],
    ['lab --tasks vm', '--tasks "vm" is not one of auto, processes, containers.'],
    ...['30', '0-9', '9-8', '30-601', 'a-b'].map((given) => [
      `lab --task-start ${given}`,
      `--task-start "${given}" is not two whole numbers from 1 to 600, the lower first: 30-120.`,
    ]),
    ['dance', 'Unknown command "dance": there are start and lab.'],
  ])('%s', (line, complaint) => {
    expect(parse(line)).toEqual({ ok: false, complaint });
  });

  test.each([
    'start --scale 10',
    'start --scale 300',
    'lab --port 0',
    'lab --port 65535',
    'lab --scale 1',
    'lab --task-start 1-600',
  ])('%s is fine', (line) => {
    expect(parse(line).ok).toBe(true);
  });
});
