// How long each tea draws, and how hot its water is.
export const recipes = {
  black: { minutes: 4, celsius: 96 },
  green: { minutes: 2, celsius: 75 },
  mint: { minutes: 7, celsius: 100 },
};

/** The recipe of a tea. Throws when nobody here knows it. */
export function recipeFor(name) {
  const recipe = recipes[name];
  if (recipe === undefined) throw new Error(`No recipe for ${name}. Known: ${Object.keys(recipes).join(', ')}.`);
  return recipe;
}
