import { buildPushFields, parseBuildPush } from '../inputs/build-push-ecr.ts';
import { runAction } from './action.ts';

await runAction({
  name: 'build-push-ecr',
  inputNames: Object.keys(buildPushFields),
  parse: parseBuildPush,
  load: async () => (await import('../image/build-push.ts')).buildPush,
});
