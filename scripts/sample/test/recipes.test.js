import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeFor } from '../src/recipes.js';

test('green tea wants cooler water than black tea', () => {
  assert.ok(recipeFor('green').celsius < recipeFor('black').celsius);
});

test('an unknown tea is named, and so are the known ones', () => {
  assert.throws(() => recipeFor('coffee'), /No recipe for coffee. Known: black, green, mint/);
});
