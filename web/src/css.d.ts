// Style sheets as modules: Vite turns their class names into this.

declare module "*.module.css" {
  const names: Record<string, string>;
  export default names;
}
