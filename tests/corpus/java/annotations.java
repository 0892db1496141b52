import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;

public class Main {
  @Retention(RetentionPolicy.RUNTIME) @Target({ElementType.TYPE, ElementType.METHOD, ElementType.TYPE_USE})
  @Repeatable(Tags.class)
  @interface Tag { String value() default "none"; int[] numbers() default {1, 2}; Class<?> type() default Object.class; }
  @Retention(RetentionPolicy.RUNTIME) @Target({ElementType.TYPE, ElementType.METHOD, ElementType.TYPE_USE})
  @interface Tags { Tag[] value(); }

  @Tag("a") @Tag(value = "b", numbers = {}, type = String.class)
  static class Tagged { @Deprecated int old() { return 0; } List<@Tag("use") String> list; }

  @FunctionalInterface interface One { int get(); }

  public static void main(String[] args) throws Exception {
    System.out.println(Tagged.class.getAnnotationsByType(Tag.class).length);
    System.out.println(Tagged.class.getDeclaredMethod("old").isAnnotationPresent(Deprecated.class));
    One one = () -> Tagged.class.getAnnotation(Tags.class).value()[1].type().getName().length();
    System.out.println(one.get());
  }
}
