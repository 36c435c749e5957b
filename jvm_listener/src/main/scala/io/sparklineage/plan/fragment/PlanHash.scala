package io.sparklineage.plan.fragment

import io.sparklineage.plan.{End, Reflected, StepPlan, TypeNames}
import io.sparklineage.plan.changes.CommandPart
import io.sparklineage.plan.expressions.{ExpressionWalk, MadeUpNames}

import java.nio.charset.StandardCharsets.UTF_8
import java.security.MessageDigest
import java.util.IdentityHashMap

import scala.collection.immutable.HashMap
import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.trees.TreeNode
import org.apache.spark.sql.execution.datasources.{HadoopFsRelation, LogicalRelation}
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.DataType

/**
 * A hash of what a step's plan does, the same from run to run and from machine to machine.
 *
 * An attribute stands for the expression that made it, down to the columns of the inputs by name and position of
 * the input. So ids of attributes, the order of the input's columns and columns that a step only hands on do not
 * matter. Part of it: the code of Python functions, as far as it is known (`PythonCode`), options of readers, rows that
 * stand in the text of a query. Not part of it: paths, random seeds, random parts of names, counters, aliases of
 * relations, partitioning. Operands of commutative operators are sorted, as Spark's canonical form does it, but by
 * content: Spark sorts by hash codes that hold the id of the JVM.
 *
 * @param position which input, source or opaque leaf an end is, in the order of the walk
 */
final class PlanHash(scope: StepPlan, position: LogicalPlan => String) {
  import PlanHash._

  private val done = new IdentityHashMap[LogicalPlan, Signed]()
  private val definitions = mutable.Map.empty[Long, (Seq[Attribute], Signed)]

  /** The hash, with the version of this algorithm as prefix. */
  def of(plan: LogicalPlan): String = {
    scope.upwards(plan).foreach(signed(_, Map.empty))
    "plan2:" + digest(signed(plan, Map.empty).hash)
  }

  private def signed(plan: LogicalPlan, outer: Env): Signed = {
    val before = done.get(plan)
    if (before != null) before
    else {
      val signed = scope.end(plan).fold(inner(plan, outer))(atEnd(plan, _))
      done.put(plan, signed)
      signed
    }
  }

  private def atEnd(plan: LogicalPlan, end: End): Signed = {
    val kind = end match {
      case End.Input(_) => "input"
      case End.Stored(storages) => s"stored ${storages.flatMap(_.format).distinct.mkString(",")}${options(plan)}"
      case End.Opaque("local") if handedOver(plan) => "rdd "
      case End.Opaque("local") => s"local ${local(plan).getOrElse("")}"
      case End.Opaque(name) => s"$name ${range(plan)}"
    }
    val name = s"${position(plan)}:$kind"
    Signed(
      digest(name),
      HashMap(plan.output.map(_.exprId).zip(numbered(plan.output.map(_.name)).map(c => s"$name.$c")): _*)
    )
  }

  // How files are read changes what is read. Where they lie does not.
  private def options(plan: LogicalPlan): String = plan match {
    case r: LogicalRelation if r.relation.isInstanceOf[HadoopFsRelation] =>
      val kept = r.relation.asInstanceOf[HadoopFsRelation].options.filterNot { case (name, _) =>
        Places(name.toLowerCase)
      }
      kept.map { case (name, value) => s"${name.toLowerCase}=$value" }.toSeq.sorted.mkString("<", ";", ">") + asked(r)
    case _ => ""
  }

  // VERSION AS OF: what the program names itself, not the version that it happened to find.
  private def asked(relation: LogicalRelation): String = {
    val location = relation.relation.asInstanceOf[HadoopFsRelation].location
    if (!Reflected.value(location, "isTimeTravelQuery").contains(true)) ""
    else Reflected.path(location, "snapshotAtAnalysis", "version").fold("")(version => s"@$version")
  }

  private def range(plan: LogicalPlan): String = plan match {
    case r: Range => s"${r.start}:${r.end}:${r.step}"
    case _ => ""
  }

  private def local(plan: LogicalPlan): Option[String] = plan match {
    case l: LocalRelation => LocalRowsHash.word(l)
    case _ => None
  }

  // Rows that the program made itself lie in the plan or in an RDD, as many as they are and as Spark is set. (What they
  // are is told beside the hash.) The others stand in the text of a query.
  private def handedOver(plan: LogicalPlan): Boolean = plan match {
    case l: LocalRelation => l.data.headOption.forall(_.isInstanceOf[UnsafeRow])
    case _ => false
  }

  // Of the same name the first, the second, ...
  private def numbered(names: Seq[String]): Seq[String] = {
    val met = mutable.Map.empty[String, Int].withDefaultValue(0)
    names.map { name => met(name) += 1; if (met(name) == 1) name else s"$name~${met(name)}" }
  }

  private def inner(plan: LogicalPlan, outer: Env): Signed = plan match {
    case _: SubqueryAlias | _: View | _: ResolvedHint | _: ReturnAnswer | _: Subquery | _: CommandPart =>
      renumbered(plan, signed(plan.children.head, outer))
    // Where rows lie says nothing of what they are.
    case _: RepartitionOperation | _: RebalancePartitions => signed(plan.children.head, outer)
    case metrics if metrics.nodeName == "CollectMetrics" => signed(metrics.children.head, outer)
    case w: WithCTE =>
      w.cteDefs.foreach(signed(_, outer))
      signed(w.plan, outer)
    case d: CTERelationDef =>
      val child = signed(d.child, outer)
      definitions(d.id) = (d.child.output, child)
      child
    case r: CTERelationRef => reference(r, r.cteId)
    case ref if ref.nodeName == "UnionLoopRef" =>
      Signed("loop", HashMap(ref.output.zipWithIndex.map { case (a, i) => a.exprId -> s"loop.$i" }: _*))
    case other => operator(other, other.children.map(signed(_, outer)), outer)
  }

  private def renumbered(plan: LogicalPlan, child: Signed): Signed = {
    val fresh = plan.output.zip(plan.children.head.output).filter { case (a, b) => a.exprId != b.exprId }
    if (fresh.isEmpty) child
    else child.copy(columns = child.columns ++ fresh.map { case (a, b) =>
      a.exprId -> child.columns.getOrElse(b.exprId, b.name)
    })
  }

  private def reference(ref: LogicalPlan, id: Long): Signed = definitions.get(id) match {
    case Some((from, signed)) =>
      Signed(
        signed.hash,
        HashMap(ref.output.zip(from).map { case (a, b) => a.exprId -> signed.columns.getOrElse(b.exprId, b.name) }: _*)
      )
    case None => Signed("cte", HashMap.empty)
  }

  private def operator(plan: LogicalPlan, children: Seq[Signed], outer: Env): Signed = {
    val below = children.map(_.columns).reduceOption(_ ++ _).getOrElse(HashMap.empty[ExprId, String])
    val expressions = new Expressions(outer, below)
    val what = plan match {
      case p: Project => expressions.projection(p.projectList, p.child)
      case a: Aggregate => expressions.sorted(a.groupingExpressions) + expressions.named(a.aggregateExpressions)
      case s: Sample => scalars(Iterator(s.lowerBound, s.upperBound, s.withReplacement))
      case e: Expand => e.projections.map(expressions.list).mkString("(", ",", ")")
      case g: Generate => expressions(g.generator) + g.outer + g.generatorOutput.map(_.name).mkString("(", ",", ")")
      case d: Deduplicate => expressions.sorted(d.keys)
      case u if u.nodeName == "UnionLoop" => ""
      case other => expressions.arguments(KnownArguments.of(other))
    }
    val hash = digest(s"${KnownArguments.nodeName(plan)}[$what](${children.map(_.hash).mkString(",")})")
    Signed(hash, below ++ made(plan, expressions, below, children, hash))
  }

  // What the node makes: by expression where it has one, else by node and position.
  private def made(plan: LogicalPlan, expressions: Expressions, below: Env, children: Seq[Signed], hash: String): Env =
    plan match {
      case p: Project => expressions.env(p.projectList)
      case a: Aggregate => expressions.env(a.aggregateExpressions)
      case w: Window => expressions.env(w.windowExpressions)
      case u: LogicalPlan if u.isInstanceOf[Union] || u.nodeName == "UnionLoop" || u.isInstanceOf[Expand] =>
        positional(u, children, hash)
      case other =>
        other.output.zipWithIndex.collect { case (a, i) if !below.contains(a.exprId) => a.exprId -> s"$hash.$i" }.toMap
    }

  private def positional(plan: LogicalPlan, children: Seq[Signed], hash: String): Env =
    plan.output.zipWithIndex.map { case (a, i) =>
      val same = plan match {
        case e: Expand => e.projections.map(_(i)).distinct match {
            case Seq(only: Attribute) => children.head.columns.get(only.exprId); case _ => None
          }
        case _ => None
      }
      a.exprId -> same.getOrElse(s"$hash.$i")
    }.toMap

  /** Expressions at one node, in terms of what its attributes stand for. */
  final private class Expressions(outer: Env, below: Env) {
    private val lambdaVariables = mutable.Map.empty[ExprId, Int]

    def apply(e: Expression): String = {
      val text = if (depth >= MostDepth) flat(e)
      else {
        depth += 1;
        try sign(e)
        finally depth -= 1
      }
      if (text.length <= 80) text else digest(text)
    }
    private var depth = 0

    // Deeper than the stack: node by node, with how many children each has.
    private def flat(e: Expression): String = ExpressionWalk.nodes(e).map {
      case leaf if leaf.children.isEmpty => sign(leaf)
      case node => s"${name(node)}/${node.children.length}"
    }.mkString("flat:", " ", "")

    def list(items: Seq[Expression]): String = items.map(apply).mkString("(", ",", ")")

    def sorted(items: Seq[Expression]): String = items.map(apply).sorted.mkString("{", ",", "}")

    def named(items: Seq[NamedExpression]): String =
      items.map(e => s"${stableName(e)}=${apply(e)}").mkString("(", ",", ")")

    /** Columns that all pass are left out: a step that adds one does the same over a wider input. */
    def projection(list: Seq[NamedExpression], child: LogicalPlan): String = {
      val passed = list.collect { case a: AttributeReference => a.exprId }.toSet
      if (child.output.forall(a => passed(a.exprId))) "*" + named(list.filterNot(_.isInstanceOf[AttributeReference]))
      else named(list)
    }

    def env(items: Seq[NamedExpression]): Env =
      items.collect { case e if !e.isInstanceOf[AttributeReference] => e.exprId -> apply(e) }.toMap

    /** The constructor's arguments of a node: expressions and plain values, but not its children. */
    def arguments(values: Iterator[Any]): String = values.map(argument).filter(_.nonEmpty).mkString(";")

    private def argument(value: Any): String = value match {
      case e: Expression => apply(e)
      case items: Seq[_] => items.map(argument).mkString("(", ",", ")")
      case Some(item) => argument(item)
      case other => scalar(other)
    }

    private def sign(e: Expression): String = e match {
      case a: Attribute =>
        below.getOrElse(a.exprId, outer.getOrElse(a.exprId, s"new:${a.name}:${TypeNames.of(a.dataType)}"))
      case o: OuterReference => sign(o.e)
      case a: Alias => sign(a.child)
      case l: Literal => s"lit:${TypeNames.of(l.dataType)}:${literal(l)}"
      case c: Cast => s"${tried(c)}cast:${TypeNames.of(c.dataType)}(${apply(c.child)})"
      case v: NamedLambdaVariable => s"lambda:${lambdaVariables.getOrElseUpdate(v.exprId, lambdaVariables.size)}"
      case p: PythonFuncExpression =>
        s"python:${PythonCode.named(p)}:${evalType(p)}${list(p.asInstanceOf[Expression].children)}"
      case s: ScalaUDF => s"udf:${s.udfName.getOrElse("")}:${TypeNames.of(s.dataType)}${list(s.children)}"
      case r: ExpressionWithRandomSeed => name(r)
      case p: PlanExpression[_] => s"${name(p)}${list(p.children)}${p.plan match {
            case l: LogicalPlan => signed(l, outer ++ below).hash; case _ => ""
          }}"
      case Between(both) => sign(both)
      case c: BinaryComparison => comparison(c)
      case b: BinaryOperator if Chains(b.getClass.getSimpleName) => s"${name(b)}${sorted(operands(b))}"
      case s if Unordered(s.getClass.getSimpleName) => s"${name(s)}${sorted(s.children)}"
      case i: In => s"in(${apply(i.value)},${sorted(i.list)})"
      // What Spark puts in its place is another thing in each line.
      case r: InheritAnalysisRules => s"${tried(r)}${name(r)}${list(r.parameters)}${scalars(KnownArguments.of(r))}"
      case other =>
        s"${tried(other)}${name(other)}${list(MadeUpNames.childrenOf(other))}${scalars(KnownArguments.of(other))}"
    }

    // Whether its values travel by Arrow is a setting of the session.
    private def evalType(p: PythonFuncExpression): Int = if (p.evalType == ByArrow) Pickled else p.evalType

    private def comparison(c: BinaryComparison): String = {
      val (left, right) = (apply(c.left), apply(c.right))
      name(c) match {
        case "EqualTo" | "EqualNullSafe" => s"${name(c)}${Seq(left, right).sorted.mkString("(", ",", ")")}"
        case "GreaterThan" => s"LessThan($right,$left)"
        case "GreaterThanOrEqual" => s"LessThanOrEqual($right,$left)"
        case other => s"$other($left,$right)"
      }
    }

    // a + b + c is one sum of three.
    private def operands(b: BinaryOperator): Seq[Expression] = {
      val found = Seq.newBuilder[Expression]
      val open = mutable.Stack[Expression](b)
      while (open.nonEmpty) open.pop() match {
        case same: BinaryOperator if same.getClass == b.getClass => open.push(same.left).push(same.right)
        case Between(both) if b.isInstanceOf[And] => open.push(both)
        case other => found += other
      }
      found.result()
    }

    // A seed that nobody gave is a literal in the name that Spark makes up.
    private def stableName(e: NamedExpression): String =
      SeedInName.replaceAllIn(LambdaInName.replaceAllIn(e.name, "$1"), "$1(")

    private def name(e: Expression): String = KnownArguments.className(e)
  }

  private def literal(l: Literal): String = l.value match {
    case bytes: Array[Byte] => digest(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1))
    case other => String.valueOf(other)
  }

  // try_sum, try_cast and try_to_timestamp are the expressions of sum, cast and to_timestamp, told not to fail. What else
  // the mode may be is the session's choice.
  private def tried(e: Expression): String = {
    val modes = e.productIterator.flatMap {
      case mode: Enumeration#Value => Iterator(mode)
      case within: Product if within.productPrefix == "NumericEvalContext" => within.productIterator
      case _ => Iterator.empty
    }
    if (modes.exists(_.toString == "TRY") || mayNotFail(e)) "try " else ""
  }

  // Without ANSI mode nothing of the kind fails, and to_timestamp is try_to_timestamp.
  private def mayNotFail(e: Expression): Boolean = Fails.exists(KnownArguments.named(e, _).contains(false)) &&
    (SQLConf.get.ansiEnabled || FailInEachMode(e.getClass.getSimpleName))
}

private object PlanHash {
  private val MostDepth = 200
  private val Places = Set("path", "paths", "basepath", "serialization.format")

  /** An expression of its own from Spark 4 on, which says what two comparisons say in Spark 3. */
  private object Between {
    def unapply(e: Expression): Option[Expression] = e match {
      case r: InheritAnalysisRules if r.getClass.getSimpleName == "Between" =>
        r.parameters match {
          case Seq(value, lower, upper) => Some(And(GreaterThanOrEqual(value, lower), LessThanOrEqual(value, upper)))
          case _ => None
        }
      case _ => None
    }
  }

  /** What each attribute stands for. */
  private type Env = Map[ExprId, String]
  final private case class Signed(hash: String, columns: Env)

  private val Chains = Set("Add", "Multiply", "And", "Or", "BitwiseAnd", "BitwiseOr", "BitwiseXor")
  private val Unordered = Set("Greatest", "Least")
  // SQL_BATCHED_UDF and SQL_ARROW_BATCHED_UDF of org.apache.spark.api.python.PythonEvalType
  private val Pickled = 100
  private val ByArrow = 101
  private val Fails = Seq("failOnError", "ansiEnabled")
  private val FailInEachMode = Set("ParseJson", "VariantGet")
  private val SeedInName = "\\b(rand|randn|uuid|shuffle|uniform|randstr|random)\\([^)]*".r
  private val LambdaInName = "\\b(namedlambdavariable\\(\\)|[a-z]+)_\\d+\\b".r

  private def scalars(values: Iterator[Any]): String = values.map(scalar(_)).filter(_.nonEmpty).mkString("<", ";", ">")

  // Anything else (functions, ids, relations, sessions) has no text that is the same in each run.
  private def scalar(value: Any, depth: Int = 0): String = value match {
    case null | None => ""
    case f if PythonCode.isFunction(f) => PythonCode.of(f).getOrElse("")
    case _: TreeNode[_] | _: ExprId => ""
    case t: DataType => TypeNames.of(t)
    case s: String => s
    case b @ (_: Boolean | _: Byte | _: Short | _: Int | _: Long | _: Float | _: Double | _: java.lang.Enum[_]) =>
      b.toString
    case e: Enumeration#Value => e.toString
    case Some(v) => scalar(v, depth)
    case items: Seq[_] => items.map(scalar(_, depth + 1)).mkString("(", ",", ")")
    case p: Product if depth < 3 =>
      p.productPrefix + p.productIterator.map(scalar(_, depth + 1)).mkString("(", ",", ")")
    case _ => ""
  }

  private def digest(text: String): String =
    MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)).take(16).map(b => f"${b & 0xff}%02x").mkString
}
