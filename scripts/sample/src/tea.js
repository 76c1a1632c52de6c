// Draws one pot of tea: node src/tea.js [black|green|mint]
import { recipeFor } from './recipes.js';

const name = process.argv[2] ?? 'black';
const { minutes, celsius } = recipeFor(name);
console.log(`Pour water of ${celsius} °C over the ${name} tea. It is ready in ${minutes} minutes.`);
setTimeout(() => console.log('Tea is ready!'), minutes * 60_000);
