import { playWithDefect } from '../play-with-defect.ts';
import { defects } from './defects.ts';
import { drawStory } from './story.ts';

await playWithDefect(defects, drawStory, () => import('./play.ts'));
