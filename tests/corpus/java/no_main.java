public class Main {
  int nothing;
}
