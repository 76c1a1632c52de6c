// Begins the page.
import { render } from 'preact';
import { App } from './App.tsx';
import { ModelProvider, PageModel } from './model.ts';
import './styles/page.css';

const place = document.getElementById('app');
if (place === null) throw new Error('The page has no place to be shown in.');
const model = new PageModel();
render(
  <ModelProvider value={model}>
    <App />
  </ModelProvider>,
  place,
);
void model.start();
